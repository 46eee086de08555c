using Google.Protobuf;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

/// <summary>Protobuf messages as Google's library writes them.</summary>
internal static class PeerMessage
{
    /// <summary>A message of fields that are written already.</summary>
    public static byte[] Of(params byte[][] fields) => [.. fields.SelectMany(field => field)];

    /// <summary>A varint field.</summary>
    public static byte[] Number(int field, long value) => Write(field, WireFormat.WireType.Varint, output => output.WriteInt64(value));

    /// <summary>A floating point field.</summary>
    public static byte[] Double(int field, double value) => Write(field, WireFormat.WireType.Fixed64, output => output.WriteDouble(value));

    /// <summary>A string field.</summary>
    public static byte[] Text(int field, string value) => Write(field, WireFormat.WireType.LengthDelimited, output => output.WriteString(value));

    /// <summary>A field of bytes, or of a message.</summary>
    public static byte[] Bytes(int field, byte[] value) =>
        Write(field, WireFormat.WireType.LengthDelimited, output => output.WriteBytes(ByteString.CopyFrom(value)));

    private static byte[] Write(int field, WireFormat.WireType type, Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(field, type);
            write(output);
        }

        return bytes.ToArray();
    }
}
