using System.Globalization;

namespace OrleansOrchestrator.Controllers.Objects;

/// <summary>Short texts for names and labels that differ from one content to the next.</summary>
/// <remarks>Of the form that Kubernetes gives them: a hash of 32 bits in digits that spell no words. The values differ from Kubernetes'.</remarks>
internal static class ShortHash
{
    private const string Digits = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The hash of a text: FNV-1a, which is the same on every machine and in every version.</summary>
    public static string Of(string text)
    {
        var hash = 2166136261u;
        foreach (var character in text)
            hash = (hash ^ character) * 16777619u;
        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => Digits[digit % Digits.Length]));
    }
}
