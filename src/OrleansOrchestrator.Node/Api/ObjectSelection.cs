namespace OrleansOrchestrator.Node.Api;

/// <summary>Which objects of a resource are wanted.</summary>
/// <param name="Fields">The field selector; null for all.</param>
/// <param name="Labels">The label selector; null for all.</param>
internal sealed record ObjectSelection(string? Fields = null, string? Labels = null)
{
    /// <summary>All of them.</summary>
    public static ObjectSelection All { get; } = new();

    /// <summary>The one of a name.</summary>
    public static ObjectSelection Named(string name) => new(Fields: $"metadata.name={name}");

    /// <summary>The selectors as further parts of a query.</summary>
    public override string ToString() => $"{Part("fieldSelector", Fields)}{Part("labelSelector", Labels)}";

    private static string Part(string name, string? selector) => selector is null ? "" : $"&{name}={Uri.EscapeDataString(selector)}";
}
