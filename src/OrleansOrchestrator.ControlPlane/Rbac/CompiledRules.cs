using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Rbac;

/// <summary>The rules of a role, found by resource: a decision tests those that are about the resource, and no others.</summary>
/// <remarks>What a rule allows is as in k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac and pkg/apis/rbac/v1 (evaluation_helpers).</remarks>
internal sealed class CompiledRules
{
    private const string All = "*";

    private readonly Dictionary<(string Resource, string Part), List<V1PolicyRule>> _byResource = [];
    private readonly List<V1PolicyRule> _ofPaths = [];
    private readonly bool _hasParts;

    public CompiledRules(IList<V1PolicyRule>? rules)
    {
        Rules = [.. rules ?? []];
        foreach (var rule in Rules)
        {
            if (rule.NonResourceURLs is { Count: > 0 })
                _ofPaths.Add(rule);
            foreach (var resource in rule.Resources ?? [])
            {
                var slash = resource.IndexOf('/', StringComparison.Ordinal);
                var key = slash < 0 ? (resource, "") : (resource[..slash], resource[(slash + 1)..]);
                _hasParts |= key is (All, { Length: > 0 });
                (_byResource.TryGetValue(key, out var known) ? known : _byResource[key] = []).Add(rule);
            }
        }
    }

    /// <summary>The rules as the role has them.</summary>
    public IReadOnlyList<V1PolicyRule> Rules { get; }

    /// <summary>Whether the rules allow an action.</summary>
    public bool Allow(in RuleMatch match) => match.IsResource
        ? AllowOn(match.Resource, match.Part, match)
            || AllowOn(All, "", match)
            || (_hasParts && match.Subresource.Length > 0 && AllowOn(All, match.Subresource, match))
        : AllowPath(match);

    private bool AllowOn(string resource, string part, in RuleMatch match)
    {
        if (!_byResource.TryGetValue((resource, part), out var rules))
            return false;
        foreach (var rule in rules)
        {
            if (Has(rule.Verbs, match.Verb) && Has(rule.ApiGroups, match.Group) && (rule.ResourceNames is not { Count: > 0 } names || names.Contains(match.Name)))
                return true;
        }

        return false;
    }

    private bool AllowPath(in RuleMatch match)
    {
        foreach (var rule in _ofPaths)
        {
            if (!Has(rule.Verbs, match.Verb))
                continue;
            foreach (var pattern in rule.NonResourceURLs)
            {
                if (pattern == match.Path || (pattern.EndsWith('*') && match.Path.AsSpan().StartsWith(pattern.AsSpan().TrimEnd('*'))))
                    return true;
            }
        }

        return false;
    }

    private static bool Has(IList<string>? values, string value)
    {
        for (var i = 0; i < values?.Count; i++)
        {
            if (values[i] == value || values[i] == All)
                return true;
        }

        return false;
    }
}
