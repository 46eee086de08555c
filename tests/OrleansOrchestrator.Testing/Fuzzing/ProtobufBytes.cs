using System.Text;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>Bodies that look like Kubernetes' protobuf: a valid envelope with random fields of small numbers.</summary>
internal static class ProtobufBytes
{
    private const int FieldNumbersMax = 20;

    public static byte[] Of(string apiVersion, string kind, Random random)
    {
        var type = new List<byte>();
        Add(type, 1, Encoding.UTF8.GetBytes(apiVersion));
        Add(type, 2, Encoding.UTF8.GetBytes(kind));
        var unknown = new List<byte>();
        Add(unknown, 1, [.. type]);
        Add(unknown, 2, Message(random, depth: 6));
        return [.. "k8s\0"u8, .. unknown];
    }

    private static byte[] Message(Random random, int depth)
    {
        var message = new List<byte>();
        for (var i = random.Next(depth > 4 ? 2 : 0, 5); i > 0; i--)
        {
            var number = random.Next(1, FieldNumbersMax);
            switch (random.Next(8))
            {
                case 0:
                    AddVarint(message, (ulong)(number << 3));
                    AddVarint(message, (ulong)random.NextInt64(random.Next(2) == 0 ? 10 : long.MaxValue) * (random.Next(9) == 0 ? ulong.MaxValue : 1));
                    break;
                case 1 when random.Next(4) == 0:
                    AddVarint(message, (ulong)(number << 3 | random.Next(8)));
                    break;
                case 2 or 3:
                    Add(message, number, Encoding.UTF8.GetBytes(SeedObjects.Words[random.Next(SeedObjects.Words.Count)]));
                    break;
                case 4:
                    Add(message, number, OddValues.Write(OddValues.Text(random)));
                    break;
                default:
                    Add(message, number, depth == 0 ? [] : Message(random, depth - 1));
                    break;
            }
        }

        return [.. message];
    }

    private static void Add(List<byte> message, int number, byte[] content)
    {
        AddVarint(message, (ulong)(number << 3 | 2));
        AddVarint(message, (ulong)content.Length);
        message.AddRange(content);
    }

    private static void AddVarint(List<byte> message, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            message.Add((byte)(value | 0x80));
        message.Add((byte)value);
    }
}
