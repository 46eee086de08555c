using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Matching;

/// <summary>A compiled <c>metav1.LabelSelector</c>. A null selector matches nothing, an empty one everything.</summary>
internal sealed class LabelMatcher
{
    private readonly bool _matchesNothing;
    private readonly KeyValuePair<string, string>[] _labels;
    private readonly V1LabelSelectorRequirement[] _expressions;

    public LabelMatcher(V1LabelSelector? selector)
    {
        _matchesNothing = selector is null;
        _labels = selector?.MatchLabels is { } labels ? [.. labels.OrderBy(pair => pair.Key, StringComparer.Ordinal)] : [];
        _expressions = selector?.MatchExpressions is { } expressions ? [.. expressions] : [];
        Key = FormatKey();
    }

    /// <summary>A text that is equal for selectors that are written alike.</summary>
    public string Key { get; }

    /// <summary>Whether it matches every set of labels.</summary>
    public bool MatchesEverything => !_matchesNothing && _labels.Length == 0 && _expressions.Length == 0;

    public bool Matches(IDictionary<string, string> labels)
    {
        if (_matchesNothing)
            return false;
        foreach (var (key, value) in _labels)
        {
            if (!labels.TryGetValue(key, out var actual) || actual != value)
                return false;
        }

        foreach (var expression in _expressions)
        {
            if (!Matches(expression, labels))
                return false;
        }

        return true;
    }

    private static bool Matches(V1LabelSelectorRequirement expression, IDictionary<string, string> labels)
    {
        var has = labels.TryGetValue(expression.Key, out var value);
        return expression.OperatorProperty switch
        {
            "In" => has && expression.Values?.Contains(value!) == true,
            "NotIn" => !has || expression.Values?.Contains(value!) != true,
            "Exists" => has,
            "DoesNotExist" => !has,
            _ => false,
        };
    }

    private string FormatKey()
    {
        if (_matchesNothing)
            return "!";
        var labels = _labels.Select(pair => $"{pair.Key}={pair.Value}");
        var expressions = _expressions.Select(e => $"{e.Key} {e.OperatorProperty} ({string.Join('|', e.Values ?? [])})").Order(StringComparer.Ordinal);
        return string.Join(',', labels.Concat(expressions));
    }
}
