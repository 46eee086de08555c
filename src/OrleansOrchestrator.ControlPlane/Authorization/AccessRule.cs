using System.Collections.Frozen;

namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>Allows some verbs on a resource, or on a subresource after a slash.</summary>
/// <param name="Group">The API group; empty for core.</param>
/// <param name="Resource">The resource's plural, as in <c>pods</c> or <c>pods/status</c>.</param>
/// <param name="Verbs">The verbs.</param>
internal sealed record AccessRule(string Group, string Resource, params IReadOnlyList<string> Verbs)
{
    private readonly FrozenSet<string> _verbs = Verbs.ToFrozenSet(StringComparer.Ordinal);
    private readonly string _plural = Resource.Split('/')[0];
    private readonly string _subresource = Resource.Contains('/', StringComparison.Ordinal) ? Resource[(Resource.IndexOf('/', StringComparison.Ordinal) + 1)..] : "";

    /// <summary>The only object that it is about; null for all.</summary>
    public (string Namespace, string Name)? Only { get; init; }

    /// <summary>Whether it allows an action.</summary>
    public bool Allows(AccessAttributes access) =>
        access.IsResource
        && access.Group == Group
        && access.Resource == _plural
        && access.Subresource == _subresource
        && _verbs.Contains(access.Verb)
        && (Only is not { } only || (access.Namespace == only.Namespace && access.SelectedName == only.Name));
}
