using System.Globalization;

namespace OrleansOrchestrator.Model.Validation;

/// <summary>The path of a fault, such as <c>spec.containers[0].name</c>. Formatted only when a fault is reported.</summary>
public sealed class FieldPath
{
    private readonly FieldPath? _parent;
    private readonly string? _name;
    private readonly int _index;

    private FieldPath(FieldPath? parent, string? name, int index)
    {
        _parent = parent;
        _name = name;
        _index = index;
    }

    /// <summary><c>metadata</c>.</summary>
    public static FieldPath Metadata { get; } = Root("metadata");

    /// <summary><c>spec</c>.</summary>
    public static FieldPath Spec { get; } = Root("spec");

    /// <summary><c>status</c>.</summary>
    public static FieldPath Status { get; } = Root("status");

    /// <summary>A path of one field.</summary>
    public static FieldPath Root(string name) => new(null, name, -1);

    /// <summary>A field of this one. The name may itself be dotted.</summary>
    public FieldPath Child(string name) => new(this, name, -1);

    /// <summary>An element of this list.</summary>
    public FieldPath Index(int index) => new(this, null, index);

    /// <summary>An entry of this map.</summary>
    public FieldPath Key(string key) => new(this, $"[{key}]", -2);

    /// <inheritdoc/>
    public override string ToString()
    {
        var own = _name ?? string.Create(CultureInfo.InvariantCulture, $"[{_index}]");
        if (_parent is null)
            return own;
        return _name is not null && _index == -1 ? $"{_parent}.{own}" : $"{_parent}{own}";
    }
}
