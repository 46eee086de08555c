namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>How deep ownership goes into a value.</summary>
public enum FieldShape
{
    /// <summary>A scalar, or a list or map that is owned as a whole.</summary>
    Leaf,

    /// <summary>A value without a schema: objects are maps, everything else is a leaf.</summary>
    Deduced,

    /// <summary>An object whose members have separate owners.</summary>
    Map,

    /// <summary>A list of scalars as a set: each value has separate owners.</summary>
    Set,

    /// <summary>A list of objects as a map by some members: each element has separate owners.</summary>
    KeyedList,
}
