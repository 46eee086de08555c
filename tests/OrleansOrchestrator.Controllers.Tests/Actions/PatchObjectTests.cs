using System.Text.Json.Nodes;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Actions;

public sealed class PatchObjectTests
{
    [Fact]
    public void OfStatus_SomeFieldsChanged_LeavesWhatOthersWroteMeanwhile()
    {
        var cluster = new ClusterModel();
        var observed = cluster.Add(Samples.Controller());
        observed.Status = new V1ReplicationControllerStatus { Replicas = 1, ReadyReplicas = 1 };
        var wanted = ObjectCodec.Clone(observed);
        wanted.Status.Replicas = 2;
        wanted.Status.ReadyReplicas = null;
        var patch = PatchObject.OfStatus(WellKnownResources.ReplicationControllers, observed, wanted).ShouldNotBeNull();
        var meanwhile = ObjectCodec.Clone(observed);
        meanwhile.Status.AvailableReplicas = 7;
        meanwhile.Spec.Replicas = 9;
        cluster.Remove(observed);
        cluster.Add(meanwhile);

        cluster.Apply([patch]);

        var patched = cluster.Find<V1ReplicationController>(new ObjectKey(Samples.Namespace, "web")).ShouldNotBeNull();
        (patched.Status.Replicas, patched.Status.ReadyReplicas, patched.Status.AvailableReplicas, patched.Spec.Replicas).ShouldBe((2, null, 7, 9));
    }

    [Fact]
    public void OfStatus_StatusThatIsRight_PatchesNothing()
    {
        var observed = Samples.Controller();
        observed.Status = new V1ReplicationControllerStatus { Replicas = 1 };

        PatchObject.OfStatus(WellKnownResources.ReplicationControllers, observed, ObjectCodec.Clone(observed)).ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"a":1,"b":{"c":2,"d":3}}""", """{"a":1,"b":{"c":2,"d":4}}""", """{"b":{"d":4}}""")]
    [InlineData("""{"a":1,"b":2}""", """{"a":1}""", """{"b":null}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"a":1}""", """{"a":{"b":1}}""", """{"a":{"b":1}}""")]
    [InlineData("null", """{"a":1}""", """{"a":1}""")]
    public void Between_TwoValues_IsTheSmallestPatchThatMakesOneOfTheOther(string before, string after, string expected)
    {
        var patch = MergePatchDifference.Between(JsonNode.Parse(before), JsonNode.Parse(after));

        JsonNode.DeepEquals(patch, JsonNode.Parse(expected)).ShouldBeTrue(patch?.ToJsonString());
        if (JsonNode.Parse(before) is { } document)
        {
            var patched = JsonMergePatch.Apply(document, System.Text.Encoding.UTF8.GetBytes(patch!.ToJsonString()));
            JsonNode.DeepEquals(patched, JsonNode.Parse(after)).ShouldBeTrue();
        }
    }

    [Fact]
    public void Apply_ScaleBindAndEvict_AreMadeByTheWriter()
    {
        var cluster = new ClusterModel();
        var controller = cluster.Add(Samples.Controller());
        var pod = cluster.Add(Samples.Pod("p"));
        var gone = cluster.Add(Samples.Pod("gone"));

        cluster.Apply(
        [
            new ScaleObject(WellKnownResources.ReplicationControllers, new ObjectKey(Samples.Namespace, "web"), controller.Metadata.Uid, controller.Metadata.ResourceVersion, 5) { From = controller.Spec.Replicas ?? 0 },
            new BindPod(new ObjectKey(Samples.Namespace, "p"), pod.Metadata.Uid, "n1"),
            new EvictPod(new ObjectKey(Samples.Namespace, "gone"), gone.Metadata.Uid),
        ]);

        cluster.Find<V1ReplicationController>(new ObjectKey(Samples.Namespace, "web"))!.Spec.Replicas.ShouldBe(5);
        cluster.All<V1Pod>().ShouldHaveSingleItem().Spec.NodeName.ShouldBe("n1");
    }
}
