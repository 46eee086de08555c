namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>How many values a field has.</summary>
internal enum ProtobufShape
{
    /// <summary>One.</summary>
    Single,

    /// <summary>A list.</summary>
    List,

    /// <summary>A map from strings.</summary>
    Map,
}

/// <summary>What a value is on the wire and in JSON.</summary>
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

    /// <summary>A message, whose fields are an object in JSON.</summary>
    Message,

    /// <summary>A message that JSON has a form of its own for.</summary>
    WellKnown,
}

/// <summary>A field of a message.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Shape">How many values it has.</param>
/// <param name="Type">What they are.</param>
/// <param name="TypeName">The name of the message, if they are messages.</param>
/// <param name="KeepsZero">Whether zero, false and the empty string are values, rather than what an absent one looks like.</param>
/// <param name="IsInlined">Whether JSON has the message's fields in the place of the field.</param>
internal sealed record ProtobufField(
    string Name, ProtobufShape Shape, FieldType Type, string TypeName, bool KeepsZero, bool IsInlined)
{
    private ProtobufField?[]? _message;

    /// <summary>The fields of the message that its values are.</summary>
    public ProtobufField?[] Message => _message ??= ProtobufSchema.Instance.Find(TypeName)!;
}
