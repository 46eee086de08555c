namespace OrleansOrchestrator.Model.Selectors;

/// <summary>A query over an object's fields: all its requirements must hold. Immutable and parsed once.</summary>
/// <remarks>The selector accepts any field name; the kind decides which are supported. See "Field Selectors" in the Kubernetes
/// documentation.</remarks>
public sealed class FieldSelector : IEquatable<FieldSelector>
{
    private readonly FieldRequirement[] _requirements;

    private FieldSelector(FieldRequirement[] requirements) => _requirements = requirements;

    /// <summary>Matches every object.</summary>
    public static FieldSelector Everything { get; } = new([]);

    /// <summary>The requirements in the order of their text.</summary>
    public IReadOnlyList<FieldRequirement> Requirements => _requirements;

    /// <summary>Whether it matches every object.</summary>
    public bool IsEverything => _requirements.Length == 0;

    /// <summary>Parses a <c>fieldSelector</c> parameter; empty or null matches everything.</summary>
    /// <exception cref="SelectorException">The text is malformed.</exception>
    public static FieldSelector Parse(string? text) =>
        FieldSelectorSyntax.Parse(text ?? "") is { Count: > 0 } requirements ? new([.. requirements]) : Everything;

    /// <summary>Requires one field to have one value.</summary>
    public static FieldSelector Equal(string field, string value) => new([new(field, SelectorOperator.Equals, value)]);

    /// <summary>The value that the selector requires a field to have; null if it requires none.</summary>
    public string? RequiredValue(string field)
    {
        foreach (var requirement in _requirements)
        {
            if (requirement.Operator == SelectorOperator.Equals && requirement.Field == field)
                return requirement.Value;
        }

        return null;
    }

    /// <summary>The same requirements with other field names.</summary>
    public FieldSelector Renamed(Func<string, string> nameOf) =>
        IsEverything ? this : new([.. _requirements.Select(requirement => requirement with { Field = nameOf(requirement.Field) })]);

    /// <summary>Whether an object matches.</summary>
    /// <param name="fieldValue">Returns the value of a field; null if the object has no such field, which equals empty.</param>
    public bool Matches(Func<string, string?> fieldValue)
    {
        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(fieldValue(requirement.Field)))
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public bool Equals(FieldSelector? other) => other is not null && _requirements.AsSpan().SequenceEqual(other._requirements);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldSelector);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var requirement in _requirements)
            hash.Add(requirement);
        return hash.ToHashCode();
    }

    /// <summary>The selector in the syntax of <see cref="Parse"/>; parses back to an equal one.</summary>
    public override string ToString() => string.Join(',', (IEnumerable<FieldRequirement>)_requirements);
}
