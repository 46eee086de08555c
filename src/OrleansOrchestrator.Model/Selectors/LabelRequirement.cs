using System.Globalization;

namespace OrleansOrchestrator.Model.Selectors;

/// <summary>One condition of a label selector. Immutable.</summary>
public sealed class LabelRequirement : IEquatable<LabelRequirement>
{
    private readonly string[] _values;
    private readonly long _bound;

    internal LabelRequirement(string key, SelectorOperator @operator, string[] sortedValues)
    {
        Key = key;
        Operator = @operator;
        _values = sortedValues;
        if (@operator is SelectorOperator.GreaterThan or SelectorOperator.LessThan)
            _bound = long.Parse(sortedValues[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    /// <summary>The label's key.</summary>
    public string Key { get; }

    /// <summary>How the label relates to the values.</summary>
    public SelectorOperator Operator { get; }

    /// <summary>The values in ordinal order, each once; empty for <see cref="SelectorOperator.Exists"/> and its negation.</summary>
    public IReadOnlyList<string> Values => _values;

    /// <summary>Whether only labels with one of <see cref="Values"/> can match, so that an index by value applies.</summary>
    public bool NamesValues => Operator is SelectorOperator.Equals or SelectorOperator.In;

    /// <summary>Whether only objects with the label can match, so that an index by key applies.</summary>
    public bool NeedsKey => NamesValues || Operator is SelectorOperator.Exists or SelectorOperator.GreaterThan or SelectorOperator.LessThan;

    /// <summary>Whether a label satisfies the requirement. Allocates nothing.</summary>
    /// <param name="value">The value of the label <see cref="Key"/>; null if it is missing.</param>
    public bool Matches(string? value) => Operator switch
    {
        SelectorOperator.Equals => value == _values[0],
        SelectorOperator.NotEquals => value != _values[0],
        SelectorOperator.In => value is not null && HasValue(value),
        SelectorOperator.NotIn => value is null || !HasValue(value),
        SelectorOperator.Exists => value is not null,
        SelectorOperator.DoesNotExist => value is null,
        SelectorOperator.GreaterThan => TryParseInteger(value, out var number) && number > _bound,
        SelectorOperator.LessThan => TryParseInteger(value, out var number) && number < _bound,
        _ => throw new InvalidOperationException($"unknown selector operator {Operator}"),
    };

    /// <inheritdoc/>
    public bool Equals(LabelRequirement? other) =>
        other is not null && Key == other.Key && Operator == other.Operator && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LabelRequirement);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, Operator, _values.Length, _values.FirstOrDefault());

    /// <summary>The requirement in the syntax of <see cref="LabelSelector.Parse"/>.</summary>
    public override string ToString() => Operator switch
    {
        SelectorOperator.Equals => $"{Key}={_values[0]}",
        SelectorOperator.NotEquals => $"{Key}!={_values[0]}",
        SelectorOperator.In => $"{Key} in ({SetText})",
        SelectorOperator.NotIn => $"{Key} notin ({SetText})",
        SelectorOperator.Exists => Key,
        SelectorOperator.DoesNotExist => $"!{Key}",
        SelectorOperator.GreaterThan => $"{Key}>{_values[0]}",
        SelectorOperator.LessThan => $"{Key}<{_values[0]}",
        _ => throw new InvalidOperationException($"unknown selector operator {Operator}"),
    };

    // "()" is the set without values, which is refused; the set of only the empty value needs its comma to be parsed back.
    private string SetText => _values is [""] ? "," : string.Join(',', _values);

    internal static bool TryParseInteger(string? text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private bool HasValue(string value) => Array.BinarySearch(_values, value, StringComparer.Ordinal) >= 0;
}
