using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

public sealed class ProtobufEncoderTests
{
    // Fields of the models that were not yet in the files that the table is made of.
    private static readonly string[] Unnumbered = ["Node.status.nodeInfo.runningInUserNamespace"];

    // Kubernetes' own files, of which the table is made, do not have this group.
    private const string MetricsGroup = "metrics.k8s.io";

    /// <summary>All kinds in all versions in which they are served.</summary>
    public static TheoryData<string, string> Kinds
    {
        get
        {
            var kinds = new TheoryData<string, string>();
            foreach (var version in BuiltInKinds.Registry.All.Where(definition => definition.Group != MetricsGroup).SelectMany(definition => definition.Versions))
                kinds.Add(version.ApiVersion, version.Definition.Kind);
            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Kind_WithEveryFieldSet_IsTheSameAfterAJourney(string apiVersion, string kind)
    {
        var version = BuiltInKinds.Registry.All.SelectMany(definition => definition.Versions).First(version => version.ApiVersion == apiVersion && version.Definition.Kind == kind);
        ShouldSurvive(version.ModelType, apiVersion, kind);
    }

    [Theory]
    [InlineData(typeof(V1DeleteOptions), "apps/v1", "DeleteOptions")]
    [InlineData(typeof(V1Scale), "autoscaling/v1", "Scale")]
    [InlineData(typeof(V1Eviction), "policy/v1", "Eviction")]
    [InlineData(typeof(V1Binding), "v1", "Binding")]
    [InlineData(typeof(Authenticationv1TokenRequest), "authentication.k8s.io/v1", "TokenRequest")]
    [InlineData(typeof(V1TokenReview), "authentication.k8s.io/v1", "TokenReview")]
    [InlineData(typeof(V1SelfSubjectReview), "authentication.k8s.io/v1", "SelfSubjectReview")]
    [InlineData(typeof(V1SubjectAccessReview), "authorization.k8s.io/v1", "SubjectAccessReview")]
    [InlineData(typeof(V1LocalSubjectAccessReview), "authorization.k8s.io/v1", "LocalSubjectAccessReview")]
    [InlineData(typeof(V1SelfSubjectAccessReview), "authorization.k8s.io/v1", "SelfSubjectAccessReview")]
    [InlineData(typeof(V1SelfSubjectRulesReview), "authorization.k8s.io/v1", "SelfSubjectRulesReview")]
    [InlineData(typeof(V1APIGroupList), "v1", "APIGroupList")]
    [InlineData(typeof(V1APIResourceList), "v1", "APIResourceList")]
    [InlineData(typeof(V1PodList), "v1", "PodList")]
    public void Object_ThatIsNotStored_IsTheSameAfterAJourney(Type type, string apiVersion, string kind) => ShouldSurvive(type, apiVersion, kind);

    [Theory]
    [InlineData("""{"additionalProperties":true,"items":[{"type":"string"},{"type":"integer"}]}""")]
    [InlineData("""{"additionalProperties":{"type":"string"},"items":{"type":"string"},"dependencies":{"a":["b"],"c":{"type":"object"}}}""")]
    [InlineData("""{"default":0,"example":"","enum":[null,false,1.5,"x",{}],"x-kubernetes-preserve-unknown-fields":true}""")]
    public void Schema_InItsDifferentForms_IsTheSameAfterAJourney(string schema)
    {
        var crd = $$$"""{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","spec":{"group":"g","scope":"s","names":{"kind":"k","plural":"p"},"versions":[{"name":"v1","served":true,"storage":false,"schema":{"openAPIV3Schema":{{{schema}}}}}]}}""";
        var there = ProtobufConverter.ToJson(ProtobufEncoder.FromJson(Encoding.UTF8.GetBytes(crd)));
        Differences(JsonNode.Parse(schema), JsonNode.Parse(there.Span)!["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"], "schema").ShouldBeEmpty();
    }

    [Fact]
    public void Status_OfFailure_IsTheSameAfterAJourney()
    {
        var status = StatusResponse.Encode(ApiErrors.NotFound(new ResourceName("pods", ""), "a").Status);
        Differences(JsonNode.Parse(status.Span), JsonNode.Parse(ProtobufConverter.ToJson(ProtobufEncoder.FromJson(status)).Span), "Status").ShouldBeEmpty();
    }

    [Fact]
    public void Messages_OfTable_AreAllThere()
    {
        var fields = ProtobufSchema.Instance.Names.SelectMany(name => ProtobufSchema.Instance.Find(name)!).OfType<ProtobufField>();
        fields.Where(field => field.Type == FieldType.Message && field.Message is null).Select(field => field.TypeName).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05.678901Z")]
    [InlineData("1969-12-31T23:59:59.999999Z")]
    [InlineData("2026-01-02T03:04:05.000000Z")]
    public void MicroTime_OfLease_IsTheSameAfterAJourney(string time)
    {
        var lease = $$$"""{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","spec":{"renewTime":"{{{time}}}"}}""";
        JsonNode.Parse(ProtobufConverter.ToJson(ProtobufEncoder.FromJson(Encoding.UTF8.GetBytes(lease))).Span)!["spec"]!["renewTime"]!.GetValue<string>().ShouldBe(time);
    }

    [Fact]
    public void FromJson_OfNulls_HasNothingInTheirPlace() =>
        ProtobufEncoder.FromJson("""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"creationTimestamp":null},"data":null}"""u8.ToArray())
            .ShouldBe(ProtobufEncoder.FromJson("""{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}"""u8.ToArray()));

    [Fact]
    public void FromJson_OfLongTexts_IsTheSameAfterAJourney() => Gen.String[0, 3000].Array[0, 8].Sample(texts =>
    {
        var data = new JsonObject(texts.Select((text, i) => KeyValuePair.Create($"k{i}", (JsonNode?)Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)))));
        var json = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["kind"] = "ConfigMap", ["apiVersion"] = "v1", ["data"] = data.DeepClone() });
        var there = JsonNode.Parse(ProtobufConverter.ToJson(ProtobufEncoder.FromJson(json)).Span)!;
        JsonNode.DeepEquals(there["data"] ?? new JsonObject(), data).ShouldBeTrue();
    });

    private static void ShouldSurvive(Type type, string apiVersion, string kind)
    {
        var json = JsonSerializer.SerializeToNode(FilledModel.Of(type), type, ObjectCodec.Options)!.AsObject();
        json["apiVersion"] = apiVersion;
        json["kind"] = kind;
        var there = JsonNode.Parse(ProtobufConverter.ToJson(ProtobufEncoder.FromJson(JsonSerializer.SerializeToUtf8Bytes(json))).Span)!;
        Differences(json, there, kind).ShouldBeEmpty();
    }

    private static IEnumerable<string> Differences(JsonNode? before, JsonNode? after, string path) => (before, after) switch
    {
        (JsonObject one, JsonObject other) => one.Select(entry => entry.Key).Union(other.Select(entry => entry.Key))
            .SelectMany(name => Differences(one[name], other[name], $"{path}.{name}")),
        (JsonArray one, JsonArray other) when one.Count == other.Count => one.SelectMany((item, i) => Differences(item, other[i], $"{path}[{i}]")),
        _ when Unnumbered.Any(field => path.EndsWith(field, StringComparison.Ordinal)) => [],
        (JsonValue one, JsonValue other) when DateTimeOffset.TryParse($"{one}", CultureInfo.InvariantCulture, out var time)
            && DateTimeOffset.TryParse($"{other}", CultureInfo.InvariantCulture, out var sameTime) && time == sameTime => [],
        _ => JsonNode.DeepEquals(before, after) ? [] : [$"{path}: {before?.ToJsonString() ?? "null"} became {after?.ToJsonString() ?? "null"}"],
    };
}
