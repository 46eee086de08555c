using System.Text;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>The selectable fields of a kind as a tree of path segments, for reading them from JSON without strings.</summary>
internal sealed class FieldTree
{
    /// <summary>A branch: its own value is not selectable, but fields below it are.</summary>
    public const int Branch = -1;

    private readonly List<FieldTree> _children = [];

    private FieldTree(string name) => Utf8Name = Encoding.UTF8.GetBytes(name);

    /// <summary>The name of the JSON property.</summary>
    public byte[] Utf8Name { get; }

    /// <summary>The index of the selectable field, or <see cref="Branch"/>.</summary>
    public int Field { get; private set; } = Branch;

    /// <summary>The fields below.</summary>
    public IReadOnlyList<FieldTree> Children => _children;

    /// <summary>The fields that stand in for empty ones. Set on the root only.</summary>
    public IReadOnlyList<(int Field, int StandIn)> StandIns { get; private set; } = [];

    /// <summary>Builds the tree; a field's index is its position in the list.</summary>
    public static FieldTree Of(IReadOnlyList<SelectableField> fields)
    {
        var root = new FieldTree("");
        for (var i = 0; i < fields.Count; i++)
        {
            var node = root;
            foreach (var segment in fields[i].JsonPath.Split('.'))
                node = node.ChildOf(segment);
            node.Field = i;
        }

        root.StandIns = [.. StandInsOf(fields)];
        return root;
    }

    private static IEnumerable<(int Field, int StandIn)> StandInsOf(IReadOnlyList<SelectableField> fields)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            for (var j = 0; j < fields.Count; j++)
            {
                if (fields[j].Path == fields[i].StandIn)
                    yield return (i, j);
            }
        }
    }

    private FieldTree ChildOf(string segment)
    {
        var utf8 = Encoding.UTF8.GetBytes(segment);
        var child = _children.Find(node => node.Utf8Name.AsSpan().SequenceEqual(utf8));
        if (child is null)
            _children.Add(child = new FieldTree(segment));
        return child;
    }
}
