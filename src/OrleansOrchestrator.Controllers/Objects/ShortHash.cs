using System.Globalization;

namespace OrleansOrchestrator.Controllers.Objects;

/// <summary>Hashes texts for names and labels.</summary>
/// <remarks>The form is Kubernetes': a hash of 32 bits, in letters and digits that spell no words. The values differ from Kubernetes'.</remarks>
internal static class ShortHash
{
    private const string Digits = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The FNV-1a hash of a text, the same on every machine and in every version.</summary>
    public static string Of(string text)
    {
        var hash = 2166136261u;
        foreach (var character in text)
            hash = (hash ^ character) * 16777619u;
        return string.Concat(hash.ToString(CultureInfo.InvariantCulture).Select(digit => Digits[digit % Digits.Length]));
    }
}
