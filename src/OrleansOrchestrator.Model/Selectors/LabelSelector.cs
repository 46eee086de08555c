using k8s.Models;

namespace OrleansOrchestrator.Model.Selectors;

/// <summary>A query over labels: all its requirements must hold. Immutable, parsed once, and matched without an allocation.</summary>
/// <remarks>See "Labels and Selectors" in the Kubernetes documentation.</remarks>
public sealed class LabelSelector : IEquatable<LabelSelector>
{
    private readonly LabelRequirement[] _requirements;

    private LabelSelector(IEnumerable<LabelRequirement> requirements) =>
        _requirements = [.. requirements.OrderBy(requirement => requirement.Key, StringComparer.Ordinal)];

    /// <summary>Matches every object.</summary>
    public static LabelSelector Everything { get; } = new([]);

    /// <summary>Matches no object.</summary>
    public static LabelSelector Nothing { get; } = new([]);

    /// <summary>The requirements in ordinal order of their keys; empty for <see cref="Everything"/> and <see cref="Nothing"/>.</summary>
    public IReadOnlyList<LabelRequirement> Requirements => _requirements;

    /// <summary>Whether it matches every object.</summary>
    public bool IsEverything => _requirements.Length == 0 && !IsNothing;

    /// <summary>Whether it matches no object.</summary>
    public bool IsNothing => ReferenceEquals(this, Nothing);

    /// <summary>Parses a selector of kubectl's <c>-l</c> or of a <c>labelSelector</c> parameter; empty or null matches
    /// everything.</summary>
    /// <exception cref="SelectorException">The text is malformed, or a key or value breaks the rules of labels.</exception>
    public static LabelSelector Parse(string? text) => Of(LabelSelectorParser.Parse(text ?? ""));

    /// <summary>Converts the selector of an API object: null matches nothing, an empty one everything.</summary>
    /// <exception cref="SelectorException">An operator is unknown, or a key or value breaks the rules of labels.</exception>
    public static LabelSelector From(V1LabelSelector? selector)
    {
        if (selector is null)
            return Nothing;
        var equalities = (selector.MatchLabels ?? new Dictionary<string, string>())
            .Select(pair => LabelRequirementFactory.Create(pair.Key, SelectorOperator.Equals, [pair.Value ?? ""]));
        var expressions = (selector.MatchExpressions ?? [])
            .Select(expression => LabelRequirementFactory.Create(expression.Key, OperatorOf(expression), expression.Values ?? []));
        return Of([.. equalities, .. expressions]);
    }

    /// <summary>Requires each label of a map, as a service or ReplicationController does; null or empty matches everything.</summary>
    /// <remarks>The map is not validated again: it was validated with its object.</remarks>
    public static LabelSelector FromMap(IDictionary<string, string>? labels) =>
        Of([.. (labels ?? new Dictionary<string, string>())
            .Select(pair => new LabelRequirement(pair.Key, SelectorOperator.Equals, [pair.Value ?? ""]))]);

    /// <summary>Requires that a label has one of some values; without values it matches nothing.</summary>
    /// <remarks>Key and values are not validated.</remarks>
    public static LabelSelector AnyOf(string key, IEnumerable<string> values)
    {
        string[] sorted = [.. values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return sorted.Length == 0 ? Nothing : new LabelSelector([new LabelRequirement(key, SelectorOperator.In, sorted)]);
    }

    /// <summary>Whether an object with these labels matches. Allocates nothing.</summary>
    public bool Matches(LabelSet labels)
    {
        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labels.Get(requirement.Key)))
                return false;
        }

        return !IsNothing;
    }

    /// <summary>Whether an object with these labels matches; null means none. Allocates nothing.</summary>
    public bool Matches(IDictionary<string, string>? labels)
    {
        foreach (var requirement in _requirements)
        {
            string? value = null;
            labels?.TryGetValue(requirement.Key, out value);
            if (!requirement.Matches(value))
                return false;
        }

        return !IsNothing;
    }

    /// <inheritdoc/>
    public bool Equals(LabelSelector? other) =>
        other is not null && IsNothing == other.IsNothing && _requirements.AsSpan().SequenceEqual(other._requirements);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelSelector);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(IsNothing);
        foreach (var requirement in _requirements)
            hash.Add(requirement);
        return hash.ToHashCode();
    }

    /// <summary>The selector in the syntax of <see cref="Parse"/>: keys in order, <c>==</c> as <c>=</c>. Parses back to an equal one.</summary>
    public override string ToString() => string.Join(',', (IEnumerable<LabelRequirement>)_requirements);

    private static LabelSelector Of(IReadOnlyCollection<LabelRequirement> requirements) =>
        requirements.Count == 0 ? Everything : new LabelSelector(requirements);

    private static SelectorOperator OperatorOf(V1LabelSelectorRequirement requirement) => requirement.OperatorProperty switch
    {
        "In" => SelectorOperator.In,
        "NotIn" => SelectorOperator.NotIn,
        "Exists" => SelectorOperator.Exists,
        "DoesNotExist" => SelectorOperator.DoesNotExist,
        var unknown => throw new SelectorException($"\"{unknown}\" is not a valid label selector operator"),
    };
}
