using System.Text;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>The selectable fields of a kind by the segments of their paths, so that JSON is read along them without text.</summary>
internal sealed class FieldTree
{
    /// <summary>The field is a branch: its value is not selectable, but those of fields below it are.</summary>
    public const int Branch = -1;

    private readonly List<FieldTree> _children = [];

    private FieldTree(string name) => Utf8Name = Encoding.UTF8.GetBytes(name);

    /// <summary>The name of the JSON property.</summary>
    public byte[] Utf8Name { get; }

    /// <summary>The position of the selectable field, or <see cref="Branch"/>.</summary>
    public int Field { get; private set; } = Branch;

    /// <summary>The fields below.</summary>
    public IReadOnlyList<FieldTree> Children => _children;

    /// <summary>Which fields stand in for which empty ones. Only the root knows.</summary>
    public IReadOnlyList<(int Field, int StandIn)> StandIns { get; private set; } = [];

    /// <summary>Arranges fields; their positions are those in the list.</summary>
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
