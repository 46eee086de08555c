namespace OrleansOrchestrator.Model.Resources;

/// <summary>A subresource as discovery shows it.</summary>
/// <param name="Name">As in <c>binding</c>.</param>
/// <param name="Kind">The kind of its bodies.</param>
/// <param name="Verbs">The verbs that it takes.</param>
/// <param name="Group">The group of its kind where it differs from the resource's; null if it does not.</param>
/// <param name="Version">The version of its kind where it differs; null if it does not.</param>
public sealed record SubresourceDefinition(string Name, string Kind, IReadOnlyList<string> Verbs, string? Group = null, string? Version = null);
