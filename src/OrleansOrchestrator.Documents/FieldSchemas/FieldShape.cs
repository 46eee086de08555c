namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>How far into a value ownership goes.</summary>
public enum FieldShape
{
    /// <summary>A scalar, or a list or map that has one owner as a whole.</summary>
    Leaf,

    /// <summary>A value without a schema: objects are maps, all else is a leaf.</summary>
    Deduced,

    /// <summary>An object whose members have owners of their own.</summary>
    Map,

    /// <summary>A list of scalars that is a set: each value has owners of its own.</summary>
    Set,

    /// <summary>A list of objects that is a map by some of their members: each element has owners of its own.</summary>
    KeyedList,
}
