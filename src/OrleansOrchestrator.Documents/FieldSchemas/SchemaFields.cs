namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>The declared fields of an object, found by their UTF-8 names without allocating strings.</summary>
internal sealed class SchemaFields
{
    private readonly SchemaField[]?[] _buckets;
    private readonly Dictionary<string, SchemaField> _byElement;

    public SchemaFields(IReadOnlyCollection<SchemaField> fields)
    {
        All = fields;
        _byElement = fields.ToDictionary(field => field.Element, StringComparer.Ordinal);
        // With twice as many buckets as fields, nearly every bucket has one field at most.
        _buckets = new SchemaField[]?[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, 2 * fields.Count))];
        foreach (var field in fields)
        {
            ref var bucket = ref _buckets[BucketOf(field.Utf8Name)];
            bucket = [.. bucket ?? [], field];
        }
    }

    public IReadOnlyCollection<SchemaField> All { get; }

    public SchemaField? Find(ReadOnlySpan<byte> name)
    {
        if (_buckets[BucketOf(name)] is not { } bucket)
            return null;
        foreach (var field in bucket)
        {
            if (name.SequenceEqual(field.Utf8Name))
                return field;
        }

        return null;
    }

    public bool Declares(string element) => _byElement.ContainsKey(element);

    private int BucketOf(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return 0;
        var hash = (uint)name.Length + (31u * name[0]) + (131u * name[^1]) + (1031u * name[name.Length / 2]);
        return (int)(hash & (uint)(_buckets.Length - 1));
    }
}
