using CsCheck;
using Google.Protobuf;
using OrleansOrchestrator.Gateway.Protobuf;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

/// <summary>The wire format against Google's library, in both directions.</summary>
public sealed class WireFormatTests
{
    private const int NumberMax = (1 << 29) - 1;

    private static readonly Gen<int> Numbers = Gen.OneOf(Gen.Int[1, 20], Gen.Int[1, NumberMax]);

    private static readonly Gen<object> Values = Gen.OneOf<object>(
        Gen.OneOf(Gen.Long, Gen.Long[-1, 300]).Select(value => (object)value),
        Gen.Double.Select(value => (object)value),
        Gen.String.Where(IsWhole).Select(value => (object)value),
        Gen.Byte.Array[0, 300].Select(value => (object)value));

    private static readonly Gen<(int Number, object Value)[]> Flat = Gen.Select(Numbers, Values).Array[0, 8];

    private static readonly Gen<(int Number, object Value)[]> Messages =
        Gen.Select(Numbers, Gen.OneOf(Values, Flat.Select(value => (object)value))).Array[0, 8];

    [Fact]
    public void Writer_OfAnyFields_IsReadByThePeer() => Messages.Sample(fields =>
    {
        using var writer = new WireWriter();
        Write(writer, fields);
        ReadByPeer(new CodedInputStream(writer.Written.ToArray()), fields);
    });

    [Fact]
    public void Reader_OfWhatThePeerWrote_FindsAllFields() => Messages.Sample(fields => Read(PeerOf(fields), fields));

    private static bool IsWhole(string text) => !text.Any(char.IsSurrogate);

    /// <summary>Writes from the last field to the first, as the writer wants it.</summary>
    private static void Write(WireWriter writer, (int Number, object Value)[] fields)
    {
        foreach (var (number, value) in fields.Reverse())
        {
            switch (value)
            {
                case long integer:
                    writer.Integer(number, integer);
                    break;
                case double floating:
                    writer.Double(number, floating);
                    break;
                case string text:
                    writer.Text(number, text);
                    break;
                case byte[] bytes:
                    writer.Bytes(number, bytes);
                    break;
                case (int, object)[] message:
                    var before = writer.Length;
                    Write(writer, message);
                    writer.Close(number, before);
                    break;
            }
        }
    }

    private static void ReadByPeer(CodedInputStream input, (int Number, object Value)[] fields)
    {
        foreach (var (number, value) in fields)
        {
            WireFormat.GetTagFieldNumber(input.ReadTag()).ShouldBe(number);
            switch (value)
            {
                case long integer:
                    input.ReadInt64().ShouldBe(integer);
                    break;
                case double floating:
                    input.ReadDouble().ShouldBe(floating);
                    break;
                case string text:
                    input.ReadString().ShouldBe(text);
                    break;
                case byte[] bytes:
                    input.ReadBytes().ToByteArray().ShouldBe(bytes);
                    break;
                case (int, object)[] message:
                    ReadByPeer(input.ReadBytes().CreateCodedInput(), message);
                    break;
            }
        }

        input.IsAtEnd.ShouldBeTrue();
    }

    private static byte[] PeerOf((int Number, object Value)[] fields) => PeerMessage.Of([.. fields.Select(field => field.Value switch
    {
        long integer => PeerMessage.Number(field.Number, integer),
        double floating => PeerMessage.Double(field.Number, floating),
        string text => PeerMessage.Text(field.Number, text),
        byte[] bytes => PeerMessage.Bytes(field.Number, bytes),
        _ => PeerMessage.Bytes(field.Number, PeerOf(((int, object)[])field.Value)),
    })]);

    private static void Read(ReadOnlySpan<byte> message, (int Number, object Value)[] fields)
    {
        var reader = new WireReader(message);
        var skipping = new WireReader(message);
        foreach (var (number, value) in fields)
        {
            reader.TryReadTag().ShouldBeTrue();
            reader.Number.ShouldBe(number);
            skipping.TryReadTag().ShouldBeTrue();
            skipping.Skip();
            switch (value)
            {
                case long integer:
                    ProtobufScalars.ReadInteger(ref reader).ShouldBe(integer);
                    break;
                case double floating:
                    reader.ReadDouble().ShouldBe(floating);
                    break;
                case string text:
                    ProtobufScalars.ReadText(reader.ReadBytes()).ShouldBe(text);
                    break;
                case byte[] bytes:
                    reader.ReadBytes().ToArray().ShouldBe(bytes);
                    break;
                case (int, object)[] inner:
                    Read(reader.ReadBytes(), inner);
                    break;
            }

            skipping.Position.ShouldBe(reader.Position);
        }

        reader.IsAtEnd.ShouldBeTrue();
    }
}
