using k8s.Models;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Model.Tests.Resources;

public class StoredObjectTests
{
    private static readonly ResourceDefinition Pods = BuiltInKinds.Registry[WellKnownResources.Pods];

    [Fact]
    public void Peek_WhileHeld_IsOneModel()
    {
        var stored = Read("n1", "a");

        var first = stored.SharedModel<V1Pod>();

        stored.SharedModel().ShouldBeSameAs(first);
        stored.Decode().ShouldNotBeSameAs(first);
    }

    [Theory]
    [InlineData("n1", "a", true)]
    [InlineData("n2", "a", false)]
    [InlineData("n1", "b", false)]
    public void SelectsLike_AnotherVersion_ComparesLabelsAndFields(string node, string label, bool alike) =>
        Read("n1", "a").SelectsLike(Read(node, label)).ShouldBe(alike);

    [Theory]
    [InlineData("""{"metadata":{"name":"p"},"spec":{"nodeName":"spec","x":[{"spec":1}]}}""", """{"metadata":{"name":"p"}}""")]
    [InlineData("""{"spec":{},"metadata":{"name":"p"},"status":{"spec":2}}""", """{"metadata":{"name":"p"},"status":{"spec":2}}""")]
    [InlineData("""{"metadata":{"name":"p"},"spec":null,"status":{}}""", """{"metadata":{"name":"p"},"status":{}}""")]
    [InlineData("""{"metadata":{"spec":"p"},"status":{}}""", """{"metadata":{"spec":"p"},"status":{}}""")]
    public void WithoutSpec_OfAnObject_LeavesTheOthersAsTheyAre(string json, string expected)
    {
        var stored = StoredObject.Read(Pods, System.Text.Encoding.UTF8.GetBytes(json));

        System.Text.Encoding.UTF8.GetString(stored.WithoutSpec()).ShouldBe(expected);
        System.Text.Encoding.UTF8.GetString(RevisionSplice.InsertSpec("""{"metadata":{"n":[{}]},"status":{}}"""u8, stored.SpecJson))
            .ShouldBe($$$"""{"metadata":{"n":[{}]}{{{(stored.SpecJson.IsEmpty ? "" : "," + System.Text.Encoding.UTF8.GetString(stored.SpecJson))}}},"status":{}}""");
    }

    [Fact]
    public void Encode_WithRevisionAndSelfLink_LeavesThemOut()
    {
        var pod = new V1Pod { Metadata = new V1ObjectMeta { Name = "p", ResourceVersion = "5", SelfLink = "/x" } };

        var node = System.Text.Json.Nodes.JsonNode.Parse(Pods.Encode(pod))!;

        node["apiVersion"]!.GetValue<string>().ShouldBe("v1");
        node["kind"]!.GetValue<string>().ShouldBe("Pod");
        node["metadata"]!["resourceVersion"].ShouldBeNull();
        node["metadata"]!["selfLink"].ShouldBeNull();
    }

    private static StoredObject Read(string nodeName, string label) => StoredObject.Read(Pods, Pods.Encode(new V1Pod
    {
        Metadata = new V1ObjectMeta { Name = "p", Labels = new Dictionary<string, string> { ["l"] = label } },
        Spec = new V1PodSpec { NodeName = nodeName },
    }));
}
