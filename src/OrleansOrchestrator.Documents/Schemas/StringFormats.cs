using System.Collections.Frozen;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>The string formats that are checked. Other formats have no effect.</summary>
internal static partial class StringFormats
{
    private static readonly FrozenDictionary<string, Func<string, bool>> Known = new Dictionary<string, Func<string, bool>>
    {
        ["ipv4"] = text => IsAddress(text, AddressFamily.InterNetwork),
        ["ipv6"] = text => IsAddress(text, AddressFamily.InterNetworkV6),
        ["cidr"] = text => NameRules.IsValidCidr(text).Count == 0,
        ["hostname"] = text => text.Length <= 255 && Hostname.IsMatch(text),
        ["email"] = text => Email.IsMatch(text),
        ["uri"] = text => Uri.TryCreate(text, UriKind.Absolute, out _) || (text.StartsWith('/') && Uri.TryCreate(text, UriKind.Relative, out _)),
        ["mac"] = text => Mac.IsMatch(text),
        ["uuid"] = text => Guid.TryParse(text, out _),
        ["uuid3"] = text => Guid.TryParse(text, out var id) && id.Version == 3,
        ["uuid4"] = text => Guid.TryParse(text, out var id) && id.Version == 4,
        ["uuid5"] = text => Guid.TryParse(text, out var id) && id.Version == 5,
        ["byte"] = text => Convert.TryFromBase64String(text, new byte[text.Length], out _),
        ["date"] = text => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        ["date-time"] = IsDateTime,
        ["datetime"] = IsDateTime,
        ["duration"] = text => Duration.IsMatch(text),
        ["hexcolor"] = text => HexColor.IsMatch(text),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether a text has a format; true for unknown formats.</summary>
    public static bool IsValid(string format, string text) => !Known.TryGetValue(format, out var check) || check(text);

    private static bool IsAddress(string text, AddressFamily family) =>
        AddressSyntax.TryParse(text, out var address) && address.AddressFamily == family && NameRules.IsValidIP(text).Count == 0;

    private static bool IsDateTime(string text) =>
        DateTimeText.IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    [GeneratedRegex(@"^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?\z")]
    private static partial Regex Hostname { get; }

    [GeneratedRegex(@"^[^@\s]+@[^@\s]+\z")]
    private static partial Regex Email { get; }

    [GeneratedRegex(@"^([0-9A-Fa-f]{2}[:-]){5}([0-9A-Fa-f]{2}[:-]?){1,3}\z|^([0-9A-Fa-f]{4}\.){2,3}[0-9A-Fa-f]{4}\z")]
    private static partial Regex Mac { get; }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\z")]
    private static partial Regex DateTimeText { get; }

    // Go's durations (1h30m, 1.5s, -2ms), and the words that Kubernetes' format package also accepts (3 hours).
    [GeneratedRegex(@"^[+-]?(0|((\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|μs|ms|s|m|h|d|w|sec|secs|second|seconds|min|mins|minute|minutes|hr|hrs|hour|hours|day|days|wk|week|weeks))+)\z")]
    private static partial Regex Duration { get; }

    [GeneratedRegex(@"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\z")]
    private static partial Regex HexColor { get; }
}
