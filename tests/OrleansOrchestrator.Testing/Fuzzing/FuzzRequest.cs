using System.Text;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>A request that may be malformed.</summary>
/// <param name="Resource">The resource that the request is for.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path.</param>
/// <param name="Query">The query, with its question mark; empty for none.</param>
/// <param name="Body">The body; null for none.</param>
/// <param name="ContentType">The content type that the request states.</param>
/// <param name="Headers">Other headers.</param>
internal sealed record FuzzRequest(
    ServedResource Resource, string Method, string Path, string Query, byte[]? Body, string ContentType, IReadOnlyList<(string Name, string Value)> Headers)
{
    private const int ShownBytesMax = 1500;

    /// <summary>Whether the answer may be a stream of unlimited length.</summary>
    public bool MayBeStream => Method.Equals("GET", StringComparison.OrdinalIgnoreCase) && (Query.Contains("watch", StringComparison.Ordinal) || Query.Contains("follow", StringComparison.Ordinal) || Path.Contains("/watch/", StringComparison.Ordinal));

    /// <summary>Whether the request writes one whole object and the result can be read back.</summary>
    public bool WritesObject => Method is "POST" or "PUT" or "PATCH" && Resource.Subresource.Length == 0 && !Query.Contains("dryRun", StringComparison.Ordinal)
        && Resource.Verbs.Contains("get") && !Headers.Any(header => header.Name == "Accept");

    public override string ToString()
    {
        var text = new StringBuilder($"{Method} {Path}{Query}");
        foreach (var (name, value) in Headers)
            text.Append('\n').Append(name).Append(": ").Append(value);
        if (Body is not null)
        {
            text.Append("\nContent-Type: ").Append(ContentType).Append('\n');
            text.Append(Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, ShownBytesMax)))).Append(Body.Length > ShownBytesMax ? $"… ({Body.Length} bytes)" : "");
        }

        return text.ToString();
    }
}
