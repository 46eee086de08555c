using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Matching;

/// <summary>
/// A compiled <c>NodeSelectorTerm</c>: all its expressions over labels and fields must hold. A term without any
/// expression matches no node.
/// </summary>
internal sealed class NodeTerm
{
    private const string NameField = "metadata.name";

    private readonly V1NodeSelectorRequirement[] _labels;
    private readonly V1NodeSelectorRequirement[] _fields;

    public NodeTerm(V1NodeSelectorTerm term)
    {
        _labels = term.MatchExpressions is { } expressions ? [.. expressions] : [];
        _fields = term.MatchFields is { } fields ? [.. fields] : [];
    }

    public bool IsEmpty => _labels.Length == 0 && _fields.Length == 0;

    /// <summary>
    /// The node names that the term is restricted to by <c>metadata.name In (…)</c>; null if it names none. Several such
    /// fields restrict it to their intersection.
    /// </summary>
    public HashSet<string>? NodeNames()
    {
        HashSet<string>? names = null;
        foreach (var field in _fields)
        {
            if (field.Key != NameField || field.OperatorProperty != "In")
                continue;
            var own = new HashSet<string>(field.Values ?? [], StringComparer.Ordinal);
            if (names is null)
                names = own;
            else
                names.IntersectWith(own);
        }

        return names;
    }

    public bool Matches(string nodeName, IDictionary<string, string> labels)
    {
        if (IsEmpty)
            return false;
        foreach (var requirement in _labels)
        {
            labels.TryGetValue(requirement.Key, out var value);
            if (!Holds(requirement, value))
                return false;
        }

        foreach (var requirement in _fields)
        {
            if (requirement.Key != NameField || !Holds(requirement, nodeName))
                return false;
        }

        return true;
    }

    private static bool Holds(V1NodeSelectorRequirement requirement, string? value) => requirement.OperatorProperty switch
    {
        "In" => value is not null && requirement.Values?.Contains(value) == true,
        "NotIn" => value is null || requirement.Values?.Contains(value) != true,
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => TryCompare(requirement, value, out var order) && order > 0,
        "Lt" => TryCompare(requirement, value, out var order) && order < 0,
        _ => false,
    };

    private static bool TryCompare(V1NodeSelectorRequirement requirement, string? value, out int order)
    {
        order = 0;
        if (requirement.Values is not [var bound]
            || !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
            || !long.TryParse(bound, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right))
        {
            return false;
        }

        order = left.CompareTo(right);
        return true;
    }
}
