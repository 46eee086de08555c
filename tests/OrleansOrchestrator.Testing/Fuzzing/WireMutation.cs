using System.Text;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>
/// Corrupts valid protobuf: truncation, other wire types, lengths beyond the end, duplicate fields, endless nesting, numbers of too
/// many bytes, and invalid text. In Kubernetes' envelope it also substitutes another kind, encoding or object.
/// </summary>
internal static class WireMutation
{
    private const int LengthDelimited = 2;
    private static readonly byte[] Magic = [(byte)'k', (byte)'8', (byte)'s', 0];

    /// <summary>Gives a body another name and removes its version, so that it can be created or replace another object.</summary>
    /// <returns>The body; null if it is not Kubernetes' protobuf of an object.</returns>
    public static byte[]? Renamed(byte[] body, string name)
    {
        if (!body.AsSpan().StartsWith(Magic) || Parse(body.AsSpan(Magic.Length)) is not { } envelope
            || envelope.Find(field => field is { Number: 2, WireType: LengthDelimited }) is not { } raw || Parse(raw.Content) is not { } obj
            || obj.Find(field => field is { Number: 1, WireType: LengthDelimited }) is not { } metadata || Parse(metadata.Content) is not { } fields)
        {
            return null;
        }

        // In the metadata of every kind, name, uid, resourceVersion, creationTimestamp and managedFields are fields 1, 5, 6, 8 and 17.
        fields.RemoveAll(field => field.Number is 1 or 5 or 6 or 8 or 17);
        fields.Insert(0, new Field(1, LengthDelimited, Encoding.UTF8.GetBytes(name)));
        metadata.Content = Write(fields);
        raw.Content = Write(obj);
        return [.. Magic, .. Write(envelope)];
    }

    /// <summary>Corrupts a body in one to three places.</summary>
    /// <param name="body">Kubernetes' protobuf.</param>
    /// <param name="other">The protobuf of another kind.</param>
    /// <param name="random">The source of random numbers.</param>
    public static byte[] Mutate(byte[] body, byte[] other, Random random)
    {
        if (Parse(body.AsSpan(Magic.Length)) is not { } envelope)
            return body;
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            if (random.Next(6) == 0)
                MutateEnvelope(envelope, other, random);
            else if (envelope.Find(field => field is { Number: 2, WireType: LengthDelimited }) is { } raw)
                raw.Content = Mutate(raw.Content, random);
        }

        var written = Write(envelope);
        return random.Next(40) switch
        {
            0 => written,
            1 => [.. Magic, .. written[..random.Next(written.Length + 1)]],
            2 => [(byte)'k', (byte)'8', (byte)'s', (byte)random.Next(256), .. written],
            _ => [.. Magic, .. written],
        };
    }

    private static void MutateEnvelope(List<Field> envelope, byte[] other, Random random)
    {
        switch (random.Next(5))
        {
            case 0 when Parse(other.AsSpan(Magic.Length)) is { } foreign:
                // The type of one kind with the object of another.
                envelope.RemoveAll(field => field.Number == 2);
                envelope.AddRange(foreign.Where(field => field.Number == 2));
                break;
            case 1:
                envelope.RemoveAll(field => field.Number == 1);
                envelope.Insert(0, new Field(1, LengthDelimited, Write([new Field(1, LengthDelimited, OddValues.Write(OddValues.Text(random))), new Field(2, LengthDelimited, "Pod"u8.ToArray())])));
                break;
            case 2:
                envelope.Add(new Field(3, LengthDelimited, "gzip"u8.ToArray()));
                break;
            case 3:
                envelope.Add(new Field(4, LengthDelimited, "application/json"u8.ToArray()));
                break;
            default:
                MutateField(envelope, random);
                break;
        }
    }

    private static byte[] Mutate(byte[] message, Random random)
    {
        if (Parse(message) is not { Count: > 0 } fields)
            return MutateScalar(message, random);
        var inner = fields.Where(field => field.WireType == LengthDelimited && field.Content.Length > 0).ToList();
        if (inner.Count > 0 && random.Next(5) != 0)
        {
            var field = inner[random.Next(inner.Count)];
            field.Content = Mutate(field.Content, random);
        }
        else
        {
            MutateField(fields, random);
        }

        return Write(fields);
    }

    private static byte[] MutateScalar(byte[] content, Random random) => random.Next(5) switch
    {
        0 => [],
        1 => [0xff, 0xfe, .. content],
        2 => OddValues.Write(OddValues.Text(random)),
        3 => [.. content, 0xed, 0xa0, 0x80],
        _ => content[..random.Next(content.Length + 1)],
    };

    private static void MutateField(List<Field> fields, Random random)
    {
        if (fields.Count == 0)
            return;
        var at = random.Next(fields.Count);
        var field = fields[at];
        switch (random.Next(10))
        {
            case 0:
                fields.RemoveAt(at);
                break;
            case 1:
                fields.AddRange(Enumerable.Repeat(field, random.Next(1, random.Next(20) == 0 ? 2000 : 5)));
                break;
            case 2:
                fields[at] = field with { WireType = random.Next(8) };
                break;
            case 3:
                fields[at] = field with { Number = (uint)(random.Next(3) == 0 ? random.Next() : random.Next(25)) };
                break;
            case 4:
                fields[at] = field with { Length = (ulong)random.NextInt64() >> random.Next(63) };
                break;
            case 5:
                fields[at] = field with { Length = ulong.MaxValue };
                break;
            case 6:
                fields[at] = new Field(field.Number, 0, [.. Enumerable.Repeat((byte)0xff, random.Next(8, 13)), 1]);
                break;
            case 7:
                var nested = field.Content;
                for (var depth = random.Next(random.Next(4) == 0 ? 3000 : 60); depth > 0; depth--)
                    nested = Write([new Field(field.Number, LengthDelimited, nested)]);
                fields[at] = new Field(field.Number, LengthDelimited, nested);
                break;
            case 8:
                (fields[at], fields[^1]) = (fields[^1], fields[at]);
                break;
            default:
                fields[at] = field with { Content = MutateScalar(field.Content, random) };
                break;
        }
    }

    /// <summary>Parses a message into its fields; null if it is no message.</summary>
    private static List<Field>? Parse(ReadOnlySpan<byte> message)
    {
        var fields = new List<Field>();
        while (!message.IsEmpty)
        {
            if (!TryVarint(ref message, out var tag, out _) || tag >> 3 is 0 or > 536_870_911)
                return null;
            var (number, wireType) = ((uint)(tag >> 3), (int)(tag & 7));
            switch (wireType)
            {
                case 0 when TryVarint(ref message, out _, out var digits):
                    fields.Add(new Field(number, wireType, digits));
                    break;
                case LengthDelimited when TryVarint(ref message, out var length, out _) && length <= (ulong)message.Length:
                    fields.Add(new Field(number, wireType, message[..(int)length].ToArray()));
                    message = message[(int)length..];
                    break;
                case 1 or 5 when message.Length >= (wireType == 1 ? 8 : 4):
                    fields.Add(new Field(number, wireType, message[..(wireType == 1 ? 8 : 4)].ToArray()));
                    message = message[(wireType == 1 ? 8 : 4)..];
                    break;
                default:
                    return null;
            }
        }

        return fields;
    }

    private static bool TryVarint(ref ReadOnlySpan<byte> message, out ulong value, out byte[] digits)
    {
        value = 0;
        for (var i = 0; i < Math.Min(10, message.Length); i++)
        {
            value |= (ulong)(message[i] & 0x7f) << (7 * i);
            if (message[i] >= 0x80)
                continue;
            digits = message[..(i + 1)].ToArray();
            message = message[(i + 1)..];
            return true;
        }

        digits = [];
        return false;
    }

    private static byte[] Write(IEnumerable<Field> fields)
    {
        var message = new List<byte>();
        foreach (var field in fields)
        {
            AddVarint(message, ((ulong)field.Number << 3) | (uint)field.WireType);
            if (field.WireType == LengthDelimited)
                AddVarint(message, field.Length ?? (ulong)field.Content.Length);
            message.AddRange(field.Content);
        }

        return [.. message];
    }

    private static void AddVarint(List<byte> message, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            message.Add((byte)(value | 0x80));
        message.Add((byte)value);
    }

    /// <summary>One field on the wire.</summary>
    private sealed record Field(uint Number, int WireType, byte[] Content)
    {
        /// <summary>The bytes between the tag and the end.</summary>
        public byte[] Content { get; set; } = Content;

        /// <summary>The stated length; null for the true one.</summary>
        public ulong? Length { get; init; }
    }
}
