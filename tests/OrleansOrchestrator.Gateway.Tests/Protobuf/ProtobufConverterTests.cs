using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

public sealed class ProtobufConverterTests
{
    [Fact]
    public void ToJson_OfConfigMap_IsItsJson()
    {
        var meta = Message(Text(1, "name"), Text(2, ""), Text(3, "default"), Number(7, 0), Bytes(8, []), Bytes(11, Message(Text(1, "k"), Text(2, "v"))));
        var map = Message(Bytes(1, meta), Bytes(2, Message(Text(1, "a"), Text(2, "1"))), Bytes(2, Message(Text(1, "b"))), Bytes(3, Message(Text(1, "x"), Bytes(2, [1, 2]))));
        ShouldBeJson(Convert("v1", "ConfigMap", map), """
            {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"name","namespace":"default","labels":{"k":"v"}},
             "data":{"a":"1","b":""},"binaryData":{"x":"AQI="}}
            """);
    }

    [Fact]
    public void ToJson_OfPod_InlinesAndKeepsMeaningfulZeros()
    {
        var probe = Message(Bytes(1, Message(Bytes(2, Message(Text(1, "/healthz"), Bytes(2, Message(Number(1, 1), Number(2, 0), Text(3, "http"))))))), Number(2, 0), Number(3, 5));
        var container = Message(Text(1, "c"), Text(2, "image"), Bytes(8, Message(Bytes(1, Message(Text(1, "cpu"), Bytes(2, Message(Text(1, "100m"))))))), Bytes(10, probe));
        var volume = Message(Text(1, "v"), Bytes(2, Message(Bytes(2, []))));
        var spec = Message(Bytes(1, volume), Bytes(2, container), Number(4, 0), Number(11, 0));
        ShouldBeJson(Convert("v1", "Pod", Message(Bytes(2, spec), Bytes(3, []))), """
            {"kind":"Pod","apiVersion":"v1","spec":{"volumes":[{"name":"v","emptyDir":{}}],
             "containers":[{"name":"c","image":"image","resources":{"limits":{"cpu":"100m"}},
               "livenessProbe":{"httpGet":{"path":"/healthz","port":"http"},"timeoutSeconds":5}}],
             "terminationGracePeriodSeconds":0},"status":{}}
            """);
    }

    [Fact]
    public void ToJson_OfOptions_FindsThemUnderAnyGroup()
    {
        var options = Message(Number(1, 0), Text(4, "Foreground"));
        ShouldBeJson(Convert("apps/v1", "DeleteOptions", options),
            """{"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":0,"propagationPolicy":"Foreground"}""");
    }

    [Fact]
    public void ToJson_OfLease_WritesTimes()
    {
        var spec = Message(Text(1, "me"), Number(2, 15), Bytes(4, Message(Number(1, 1_893_456_000), Number(2, 5_000_000))));
        ShouldBeJson(Convert("coordination.k8s.io/v1", "Lease", Message(Bytes(2, spec))), """
            {"kind":"Lease","apiVersion":"coordination.k8s.io/v1","spec":{"holderIdentity":"me","leaseDurationSeconds":15,"renewTime":"2030-01-01T00:00:00.005000Z"}}
            """);
    }

    [Fact]
    public void ToJson_OfFieldItDoesNotKnow_SkipsIt() =>
        ShouldBeJson(Convert("v1", "ConfigMap", Message(Number(4, 1), Text(900, "new"), Text(900, "newer"))), """{"kind":"ConfigMap","apiVersion":"v1","immutable":true}""");

    [Fact]
    public void ToJson_OfUnknownKind_SaysSo() =>
        Should.Throw<FormatException>(() => Convert("example.com/v1", "Widget", [])).Message.ShouldContain("Widget");

    [Fact]
    public void ToJson_OfFieldsOutOfOrder_IsTheirJson()
    {
        var entry = Message(Text(2, "1"), Text(1, "a"));
        var message = Message(Number(4, 0), Bytes(2, entry), Number(4, 1), Bytes(1, Message(Text(1, "n"))), Bytes(2, Message(Text(1, "b"))), Bytes(1, Message(Text(3, "s"))));
        ShouldBeJson(Convert("v1", "ConfigMap", message), """
            {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"n","namespace":"s"},"data":{"a":"1","b":""},"immutable":true}
            """);
    }

    [Fact]
    public void ToJson_OfKeyThatComesTwice_HasItsLastValue() =>
        ShouldBeJson(Convert("v1", "ConfigMap", Message(Bytes(2, Message(Text(1, "a"), Text(2, "1"))), Bytes(2, Message(Text(1, "a"), Text(2, "2"))))),
            """{"kind":"ConfigMap","apiVersion":"v1","data":{"a":"2"}}""");

    [Fact]
    public void ToJson_OfPackedNumbers_IsTheirList() =>
        ShouldBeJson(Convert("v1", "Pod", Message(Bytes(2, Message(Bytes(14, Message(Bytes(4, [1, 2]))))))),
            """{"kind":"Pod","apiVersion":"v1","spec":{"securityContext":{"supplementalGroups":[1,2]}}}""");

    [Fact]
    public void ToJson_OfTextThatIsNotUtf8_HasReplacements() =>
        Convert("v1", "ConfigMap", Message(Bytes(1, Message(Bytes(1, [0xFF]))))).ShouldContain("\uFFFD");

    [Fact]
    public void ToJson_OfAnyBytes_FailsOnlyAsMalformed() => Check.Sample(
        Gen.Byte.Array[0, 64],
        bytes =>
        {
            try
            {
                Convert("v1", "Pod", bytes);
            }
            catch (FormatException)
            {
                // That is the one way to fail.
            }
        });

    [Fact]
    public void Messages_OfModels_NameOnlyPropertiesOfTheirs()
    {
        var models = typeof(V1Pod).Assembly.GetTypes().Where(type => type.Namespace == typeof(V1Pod).Namespace).ToLookup(type => type.Name);
        var strange = new List<string>();
        foreach (var name in ProtobufSchema.Instance.Names)
        {
            var parts = name.Split('.');
            var model = models[$"{parts[1].ToUpperInvariant()}{parts[2]}"].FirstOrDefault();
            // The model of a status has a converter of its own.
            if (model is null || model == typeof(V1Status))
                continue;
            var properties = ObjectCodec.Options.GetTypeInfo(model).Properties.Select(property => property.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var field in ProtobufSchema.Instance.Find(name)!)
            {
                if (field is { IsInlined: false } && !properties.Contains(field.Name))
                    strange.Add($"{name}.{field.Name}");
            }
        }

        strange.ShouldBeEmpty();
    }

    private static string Convert(string apiVersion, string kind, byte[] raw)
    {
        byte[] envelope = [.. "k8s\0"u8, .. Message(Bytes(1, Message(Text(1, apiVersion), Text(2, kind))), Bytes(2, raw), Text(3, ""), Text(4, ""))];
        return Encoding.UTF8.GetString(ProtobufConverter.ToJson(envelope).Span);
    }

    private static void ShouldBeJson(string actual, string expected) =>
        JsonNode.DeepEquals(JsonNode.Parse(actual), JsonNode.Parse(expected)).ShouldBeTrue(actual);

    private static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(field => field)];

    private static byte[] Number(int field, ulong value) => [.. Varint((ulong)field << 3), .. Varint(value)];

    private static byte[] Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    private static byte[] Bytes(int field, byte[] value) => [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)value.Length), .. value];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
