using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Model.Codec;
using static OrleansOrchestrator.Gateway.Tests.Protobuf.PeerMessage;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

public sealed class ProtobufConverterTests
{
    [Fact]
    public void ToJson_OfConfigMap_IsItsJson()
    {
        var meta = Of(Text(1, "name"), Text(2, ""), Text(3, "default"), Number(7, 0), Bytes(8, []), Bytes(11, Of(Text(1, "k"), Text(2, "v"))));
        var map = Of(Bytes(1, meta), Bytes(2, Of(Text(1, "a"), Text(2, "1"))), Bytes(2, Of(Text(1, "b"))), Bytes(3, Of(Text(1, "x"), Bytes(2, [1, 2]))));
        ShouldBeJson(Convert("v1", "ConfigMap", map), """
            {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"name","namespace":"default","labels":{"k":"v"}},
             "data":{"a":"1","b":""},"binaryData":{"x":"AQI="}}
            """);
    }

    [Fact]
    public void ToJson_OfPod_InlinesAndKeepsMeaningfulZeros()
    {
        var probe = Of(Bytes(1, Of(Bytes(2, Of(Text(1, "/healthz"), Bytes(2, Of(Number(1, 1), Number(2, 0), Text(3, "http"))))))), Number(2, 0), Number(3, 5));
        var container = Of(Text(1, "c"), Text(2, "image"), Bytes(8, Of(Bytes(1, Of(Text(1, "cpu"), Bytes(2, Of(Text(1, "100m"))))))), Bytes(10, probe));
        var volume = Of(Text(1, "v"), Bytes(2, Of(Bytes(2, []))));
        var spec = Of(Bytes(1, volume), Bytes(2, container), Number(4, 0), Number(11, 0));
        ShouldBeJson(Convert("v1", "Pod", Of(Bytes(2, spec), Bytes(3, []))), """
            {"kind":"Pod","apiVersion":"v1","spec":{"volumes":[{"name":"v","emptyDir":{}}],
             "containers":[{"name":"c","image":"image","resources":{"limits":{"cpu":"100m"}},
               "livenessProbe":{"httpGet":{"path":"/healthz","port":"http"},"timeoutSeconds":5}}],
             "terminationGracePeriodSeconds":0},"status":{}}
            """);
    }

    [Fact]
    public void ToJson_OfOptions_FindsThemUnderAnyGroup()
    {
        var options = Of(Number(1, 0), Text(4, "Foreground"));
        ShouldBeJson(Convert("apps/v1", "DeleteOptions", options),
            """{"kind":"DeleteOptions","apiVersion":"apps/v1","gracePeriodSeconds":0,"propagationPolicy":"Foreground"}""");
    }

    [Fact]
    public void ToJson_OfLease_WritesTimes()
    {
        var spec = Of(Text(1, "me"), Number(2, 15), Bytes(4, Of(Number(1, 1_893_456_000), Number(2, 5_000_000))));
        ShouldBeJson(Convert("coordination.k8s.io/v1", "Lease", Of(Bytes(2, spec))), """
            {"kind":"Lease","apiVersion":"coordination.k8s.io/v1","spec":{"holderIdentity":"me","leaseDurationSeconds":15,"renewTime":"2030-01-01T00:00:00.005000Z"}}
            """);
    }

    [Fact]
    public void ToJson_OfFieldItDoesNotKnow_SkipsIt() =>
        ShouldBeJson(Convert("v1", "ConfigMap", Of(Number(4, 1), Text(900, "new"), Text(900, "newer"))), """{"kind":"ConfigMap","apiVersion":"v1","immutable":true}""");

    [Fact]
    public void ToJson_OfUnknownKind_SaysSo() =>
        Should.Throw<FormatException>(() => Convert("example.com/v1", "Widget", [])).Message.ShouldContain("Widget");

    [Fact]
    public void ToJson_OfFieldsOutOfOrder_IsTheirJson()
    {
        var entry = Of(Text(2, "1"), Text(1, "a"));
        var message = Of(Number(4, 0), Bytes(2, entry), Number(4, 1), Bytes(1, Of(Text(1, "n"))), Bytes(2, Of(Text(1, "b"))), Bytes(1, Of(Text(3, "s"))));
        ShouldBeJson(Convert("v1", "ConfigMap", message), """
            {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"n","namespace":"s"},"data":{"a":"1","b":""},"immutable":true}
            """);
    }

    [Fact]
    public void ToJson_OfKeyThatComesTwice_HasItsLastValue() =>
        ShouldBeJson(Convert("v1", "ConfigMap", Of(Bytes(2, Of(Text(1, "a"), Text(2, "1"))), Bytes(2, Of(Text(1, "a"), Text(2, "2"))))),
            """{"kind":"ConfigMap","apiVersion":"v1","data":{"a":"2"}}""");

    [Fact]
    public void ToJson_OfPackedNumbers_IsTheirList() =>
        ShouldBeJson(Convert("v1", "Pod", Of(Bytes(2, Of(Bytes(14, Of(Bytes(4, [1, 2]))))))),
            """{"kind":"Pod","apiVersion":"v1","spec":{"securityContext":{"supplementalGroups":[1,2]}}}""");

    [Fact]
    public void ToJson_OfTextThatIsNotUtf8_HasReplacements() =>
        Convert("v1", "ConfigMap", Of(Bytes(1, Of(Bytes(1, [0xFF]))))).ShouldContain("\uFFFD");

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
        byte[] envelope = [.. "k8s\0"u8, .. Of(Bytes(1, Of(Text(1, apiVersion), Text(2, kind))), Bytes(2, raw), Text(3, ""), Text(4, ""))];
        return Encoding.UTF8.GetString(ProtobufConverter.ToJson(envelope).Span);
    }

    private static void ShouldBeJson(string actual, string expected) =>
        JsonNode.DeepEquals(JsonNode.Parse(actual), JsonNode.Parse(expected)).ShouldBeTrue(actual);
}
