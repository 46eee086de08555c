namespace OrleansOrchestrator.Model.Names;

/// <summary>Generates names from <c>metadata.generateName</c>.</summary>
/// <remarks>See k8s.io/apiserver/pkg/storage/names. The alphabet omits vowels and look-alikes, so that no words appear.</remarks>
public static class NameGenerator
{
    /// <summary>The number of random characters at the end of a generated name.</summary>
    public const int SuffixLength = 5;

    /// <summary>The most characters kept of the prefix, so that the name is a valid DNS label.</summary>
    public const int PrefixLengthMax = NameRules.LabelBytesMax - SuffixLength;

    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The prefix, shortened if necessary, and five random characters.</summary>
    public static string Generate(string prefix) => Generate(prefix, Random.Shared);

    /// <summary>The same from a given source of randomness.</summary>
    public static string Generate(string prefix, Random random)
    {
        Span<char> suffix = stackalloc char[SuffixLength];
        random.GetItems(Alphabet, suffix);
        return string.Concat(prefix.AsSpan(0, Math.Min(prefix.Length, PrefixLengthMax)), suffix);
    }
}
