using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.ControlPlane.Rbac;

/// <summary>An action in the form in which rules are looked up: made once for all rules of a decision.</summary>
internal readonly struct RuleMatch
{
    private readonly AccessAttributes _access;

    public RuleMatch(AccessAttributes access)
    {
        _access = access;
        // A review may name "pods/log" as the resource. It is the same to a rule, except for one of all kinds' subresources.
        var slash = access.Resource.IndexOf('/', StringComparison.Ordinal);
        (Resource, Part) = slash < 0
            ? (access.Resource, access.Subresource)
            : (access.Resource[..slash], access.Subresource.Length == 0 ? access.Resource[(slash + 1)..] : $"{access.Resource[(slash + 1)..]}/{access.Subresource}");
    }

    /// <summary>The resource before the first slash.</summary>
    public string Resource { get; }

    /// <summary>What follows that slash; empty for the object itself.</summary>
    public string Part { get; }

    public bool IsResource => _access.IsResource;

    public string Subresource => _access.Subresource;

    public string Group => _access.Group;

    public string Verb => _access.Verb;

    public string Path => _access.Path;

    /// <summary>The only object that the action is on. A field selector makes a list or watch one of a single object, but not a deletion.</summary>
    public string Name => _access.Verb is Verbs.List or Verbs.Watch ? _access.SelectedName : _access.Name;
}
