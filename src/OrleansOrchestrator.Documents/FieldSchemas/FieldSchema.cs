using System.Text.Json;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>
/// The ownership structure of a value: which of its parts can have separate owners. Model kinds get it from <see
/// cref="ModelFieldSchemas"/>; others may build it from a schema.
/// </summary>
/// <remarks>See "Merge strategy" in the Kubernetes documentation of server-side apply: <c>x-kubernetes-list-type</c>,
/// <c>x-kubernetes-list-map-keys</c> and <c>x-kubernetes-map-type</c>.</remarks>
public sealed class FieldSchema
{
    private static readonly SchemaFields NoFields = new([]);
    private readonly SchemaFields _fields;

    private FieldSchema(FieldShape shape, SchemaFields? fields = null, FieldSchema? element = null, IReadOnlyList<ListKey>? keys = null)
    {
        Shape = shape;
        _fields = fields ?? NoFields;
        Element = element;
        // The keys of a path element are in the order of their names.
        Keys = keys is null ? [] : [.. keys.OrderBy(key => key.Name, StringComparer.Ordinal)];
    }

    /// <summary>A scalar, or a list or map that is owned as a whole (<c>atomic</c>).</summary>
    public static FieldSchema Leaf { get; } = new(FieldShape.Leaf);

    /// <summary>A value without a schema.</summary>
    public static FieldSchema Deduced { get; } = new(FieldShape.Deduced);

    /// <summary>A list of scalars that is a set.</summary>
    public static FieldSchema Set { get; } = new(FieldShape.Set, element: Leaf);

    /// <summary>How deep ownership goes into the value.</summary>
    public FieldShape Shape { get; }

    /// <summary>The schema of a list's elements, or of undeclared members of a map; null if there are none.</summary>
    public FieldSchema? Element { get; }

    internal ListKey[] Keys { get; }

    /// <summary>The declared members.</summary>
    internal IReadOnlyCollection<SchemaField> Fields => _fields.All;

    /// <summary>An object with any members.</summary>
    public static FieldSchema MapOf(FieldSchema element) => new(FieldShape.Map, element: element);

    /// <summary>An object with declared members.</summary>
    /// <param name="fields">The declared members.</param>
    /// <param name="others">The schema of undeclared members; null if none are allowed.</param>
    public static FieldSchema Object(IReadOnlyCollection<SchemaField> fields, FieldSchema? others = null) =>
        new(FieldShape.Map, new SchemaFields(fields), others);

    /// <summary>A list of objects with keys among their members.</summary>
    public static FieldSchema ListBy(FieldSchema element, params IReadOnlyList<ListKey> keys) =>
        new(FieldShape.KeyedList, element: element, keys: keys);

    internal SchemaField? Find(ReadOnlySpan<byte> name) => _fields.Find(name);

    /// <summary>Whether a path element is a declared member, and not a key from a user.</summary>
    internal bool Declares(string element) => _fields.Declares(element);

    /// <summary>The schema for a value: for a deduced schema, that of the value's kind.</summary>
    internal FieldSchema For(JsonElement value) => Shape != FieldShape.Deduced
        ? this
        : value.ValueKind == JsonValueKind.Object ? DeducedMap.Instance : Leaf;

    private static class DeducedMap
    {
        public static readonly FieldSchema Instance = MapOf(Deduced);
    }
}
