using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Model.Pods;

/// <summary>
/// A compiled <c>NodeSelectorTerm</c>: all its expressions over labels and fields must hold. An empty term matches no node.
/// </summary>
public sealed class NodeTerm
{
    /// <summary>The one field of a node that terms may ask for.</summary>
    public const string NameField = "metadata.name";

    private readonly Requirement[] _labels;
    private readonly Requirement[] _fields;

    /// <summary>Compiles a term.</summary>
    public NodeTerm(V1NodeSelectorTerm term)
    {
        _labels = [.. (term.MatchExpressions ?? []).Select(Requirement.From)];
        _fields = [.. (term.MatchFields ?? []).Select(Requirement.From)];
    }

    /// <summary>Whether it has no expression.</summary>
    public bool IsEmpty => _labels.Length == 0 && _fields.Length == 0;

    /// <summary>
    /// The node names of <c>metadata.name In (…)</c>; null if the term does not restrict names. Several such expressions are
    /// intersected.
    /// </summary>
    public HashSet<string>? NodeNames()
    {
        HashSet<string>? names = null;
        foreach (var field in _fields)
        {
            if (field.Key != NameField || field.Operator != "In")
                continue;
            if (names is null)
                names = new HashSet<string>(field.Values, StringComparer.Ordinal);
            else
                names.IntersectWith(field.Values);
        }

        return names;
    }

    /// <summary>Whether all expressions hold for a node.</summary>
    public bool Matches(string nodeName, IDictionary<string, string> labels)
    {
        if (IsEmpty)
            return false;
        foreach (var requirement in _labels)
        {
            labels.TryGetValue(requirement.Key, out var value);
            if (!requirement.Holds(value))
                return false;
        }

        foreach (var requirement in _fields)
        {
            if (requirement.Key != NameField || !requirement.Holds(nodeName))
                return false;
        }

        return true;
    }

    /// <summary>One expression with its values as a set: a list may have 100,000 of them.</summary>
    private sealed record Requirement(string Key, string Operator, HashSet<string> Values)
    {
        public static Requirement From(V1NodeSelectorRequirement requirement) =>
            new(requirement.Key, requirement.OperatorProperty, new HashSet<string>(requirement.Values ?? [], StringComparer.Ordinal));

        public bool Holds(string? value) => Operator switch
        {
            "In" => value is not null && Values.Contains(value),
            "NotIn" => value is null || !Values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            "Gt" => TryCompare(value, out var order) && order > 0,
            "Lt" => TryCompare(value, out var order) && order < 0,
            _ => false,
        };

        private bool TryCompare(string? value, out int order)
        {
            order = 0;
            if (Values.Count != 1
                || !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
                || !long.TryParse(Values.First(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right))
            {
                return false;
            }

            order = left.CompareTo(right);
            return true;
        }
    }
}
