namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>
/// The order of a message's fields. Protobuf allows any order and repeated single fields: the last value counts, and messages merge.
/// </summary>
/// <remarks>https://protobuf.dev/programming-guides/encoding/#order</remarks>
internal static class FieldOrder
{
    /// <summary>Whether the fields are in order, and single fields occur once.</summary>
    /// <exception cref="FormatException">The bytes are malformed.</exception>
    public static bool IsKept(ReadOnlySpan<byte> message, ProtobufField?[] fields)
    {
        var reader = new WireReader(message);
        var previous = 0;
        while (reader.TryReadTag())
        {
            if (reader.Number < previous || (reader.Number == previous && IsSingle(fields, previous)))
                return false;
            previous = reader.Number;
            reader.Skip();
        }

        return true;
    }

    /// <summary>The same message with its known fields in order.</summary>
    public static byte[] Restore(ReadOnlySpan<byte> message, ProtobufField?[] fields)
    {
        var found = new SortedDictionary<int, List<(int Start, int ValueStart, int End, int WireType)>>();
        var reader = new WireReader(message);
        while (true)
        {
            var start = reader.Position;
            if (!reader.TryReadTag())
                break;
            var valueStart = reader.Position;
            reader.Skip();
            if (reader.Number >= fields.Length || fields[reader.Number] is null)
                continue;
            if (!found.TryGetValue(reader.Number, out var places))
                found.Add(reader.Number, places = []);
            places.Add((start, valueStart, reader.Position, reader.WireType));
        }

        using var writer = new WireWriter();
        foreach (var (number, places) in found.Reverse())
        {
            if (IsSingle(fields, number) && fields[number]!.Type == FieldType.Message && places.TrueForAll(place => place.WireType == 2))
            {
                var before = writer.Length;
                for (var i = places.Count - 1; i >= 0; i--)
                    writer.Raw(ContentOf(message[places[i].ValueStart..places[i].End]));
                writer.Close(number, before);
                continue;
            }

            var first = IsSingle(fields, number) ? places.Count - 1 : 0;
            for (var i = places.Count - 1; i >= first; i--)
                writer.Raw(message[places[i].Start..places[i].End]);
        }

        return writer.Written.ToArray();
    }

    private static bool IsSingle(ProtobufField?[] fields, int number) =>
        number < fields.Length && fields[number] is { Shape: ProtobufShape.Single };

    private static ReadOnlySpan<byte> ContentOf(ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value, 0, 2);
        return reader.ReadBytes();
    }
}
