using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Compares the policy rules of roles by what they allow.</summary>
/// <remarks>As k8s.io/component-helpers/auth/rbac/validation: each wanted permission must be covered by one rule as a whole.</remarks>
public static class RuleCoverage
{
    /// <summary>The most comparisons of a check. Roles of charts need some ten thousand.</summary>
    public const double ComparisonsMax = 5_000_000;

    private const string All = "*";

    /// <summary>How many comparisons <see cref="Missing"/> needs at most. A double, because the product of four lists can exceed 64 bits.</summary>
    public static double ComparisonsOf(IReadOnlyCollection<V1PolicyRule> held, IEnumerable<V1PolicyRule> wanted) => Math.Max(1, held.Count) * wanted.Sum(rule =>
        ((double)rule.ApiGroups.OrNone().Count * rule.Resources.OrNone().Count * rule.Verbs.OrNone().Count * Math.Max(1, rule.ResourceNames.OrNone().Count))
        + ((double)rule.NonResourceURLs.OrNone().Count * rule.Verbs.OrNone().Count));

    /// <summary>The permissions that the held rules do not cover. Those of one resource that differ by their verb alone are one rule.</summary>
    /// <param name="held">The rules that somebody has.</param>
    /// <param name="wanted">The rules that are to be covered.</param>
    public static IReadOnlyList<V1PolicyRule> Missing(IEnumerable<V1PolicyRule> held, IEnumerable<V1PolicyRule> wanted)
    {
        var rules = held.ToList();
        return Compact(wanted.SelectMany(BreakDown).Where(part => !rules.Exists(rule => Covers(rule, part))));
    }

    /// <summary>A rule as text, as refusals show it.</summary>
    public static string TextOf(V1PolicyRule rule)
    {
        var parts = new (string Name, IList<string>? Values)[]
        {
            ("APIGroups", rule.ApiGroups), ("Resources", rule.Resources), ("NonResourceURLs", rule.NonResourceURLs),
            ("ResourceNames", rule.ResourceNames), ("Verbs", rule.Verbs),
        };
        return $"{{{string.Join(", ", parts.Where(part => part.Values.OrNone().Count > 0).Select(part => $"{part.Name}:{GoList.Of(part.Values!)}"))}}}";
    }

    /// <summary>The parts of a rule, each with one verb, and one path or one resource with at most one name.</summary>
    private static IEnumerable<V1PolicyRule> BreakDown(V1PolicyRule rule)
    {
        foreach (var group in rule.ApiGroups.OrNone())
        {
            foreach (var resource in rule.Resources.OrNone())
            {
                foreach (var verb in rule.Verbs.OrNone())
                {
                    if (rule.ResourceNames.OrNone().Count == 0)
                        yield return new V1PolicyRule { ApiGroups = [group], Resources = [resource], Verbs = [verb] };
                    foreach (var name in rule.ResourceNames.OrNone())
                        yield return new V1PolicyRule { ApiGroups = [group], Resources = [resource], Verbs = [verb], ResourceNames = [name] };
                }
            }
        }

        foreach (var path in rule.NonResourceURLs.OrNone())
        {
            foreach (var verb in rule.Verbs.OrNone())
                yield return new V1PolicyRule { NonResourceURLs = [path], Verbs = [verb] };
        }
    }

    private static bool Covers(V1PolicyRule rule, V1PolicyRule part) => CoversOne(rule.Verbs, part.Verbs[0])
        && (part.NonResourceURLs is [{ } path]
            ? rule.NonResourceURLs.OrNone().Any(pattern => CoversPath(pattern, path))
            : CoversOne(rule.ApiGroups, part.ApiGroups[0])
                && CoversResource(rule.Resources.OrNone(), part.Resources[0])
                && (rule.ResourceNames.OrNone().Count == 0 || (part.ResourceNames is [{ } name] && rule.ResourceNames.Contains(name))));

    private static bool CoversOne(IList<string>? values, string value) => values.OrNone().Contains(All) || values.OrNone().Contains(value);

    private static bool CoversResource(IList<string> resources, string resource) =>
        CoversOne(resources, resource)
        || (resource.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash && resources.Contains($"{All}{resource[slash..]}"));

    private static bool CoversPath(string pattern, string path) =>
        pattern == path || (pattern.EndsWith('*') && path.StartsWith(pattern.TrimEnd('*'), StringComparison.Ordinal));

    private static List<V1PolicyRule> Compact(IEnumerable<V1PolicyRule> parts)
    {
        var rules = new List<V1PolicyRule>();
        var known = new Dictionary<(string Group, string Resource, string? Name), (V1PolicyRule Rule, HashSet<string> Verbs)>();
        foreach (var part in parts)
        {
            if (part.NonResourceURLs is null)
            {
                var key = (part.ApiGroups[0], part.Resources[0], part.ResourceNames?[0]);
                if (known.TryGetValue(key, out var same))
                {
                    same.Verbs.Add(part.Verbs[0]);
                    continue;
                }

                known[key] = (part, [part.Verbs[0]]);
            }

            rules.Add(part);
        }

        foreach (var (rule, verbs) in known.Values)
            rule.Verbs = [.. verbs];
        return rules;
    }
}
