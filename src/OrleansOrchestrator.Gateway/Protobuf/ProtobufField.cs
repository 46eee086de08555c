namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>The cardinality of a field.</summary>
internal enum ProtobufShape
{
    /// <summary>One value.</summary>
    Single,

    /// <summary>A list.</summary>
    List,

    /// <summary>A map from strings.</summary>
    Map,
}

/// <summary>The type of a value on the wire and in JSON.</summary>
internal enum FieldType
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>Bytes; Base64 in JSON.</summary>
    Bytes,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A boolean.</summary>
    Boolean,

    /// <summary>A floating point number.</summary>
    Double,

    /// <summary>A message, whose fields form a JSON object.</summary>
    Message,

    /// <summary>A message with a special form in JSON.</summary>
    WellKnown,
}

/// <summary>A field of a message.</summary>
/// <param name="Name">The name in JSON.</param>
/// <param name="Shape">The cardinality.</param>
/// <param name="Type">The type of the values.</param>
/// <param name="TypeName">The message's name if the values are messages.</param>
/// <param name="KeepsZero">Whether zero, false and the empty string are values; otherwise they mean absent.</param>
/// <param name="IsInlined">Whether JSON has the message's fields in place of the field.</param>
internal sealed record ProtobufField(
    string Name, ProtobufShape Shape, FieldType Type, string TypeName, bool KeepsZero, bool IsInlined)
{
    private ProtobufField?[]? _message;

    /// <summary>The fields of its message.</summary>
    public ProtobufField?[] Message => _message ??= ProtobufSchema.Instance.Find(TypeName)!;
}
