using k8s.Models;

namespace OrleansOrchestrator.Documents.Tests.FieldManagement;

public sealed class OwnershipTrackingTests
{
    private const string Pod = """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default","labels":{"run":"p"}},
         "spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}]}]}}
        """;

    [Fact]
    public void OnCreate_OfPod_GivesItAllToItsCreatorAsKubernetesDoes()
    {
        var pod = new LiveObject("Pod");
        pod.Update("kubectl-run", Pod);
        var entry = pod.Entries.ShouldHaveSingleItem();
        entry.Operation.ShouldBe("Update");
        entry.ApiVersion.ShouldBe("v1");
        entry.FieldsType.ShouldBe("FieldsV1");
        entry.Time.ShouldNotBeNull();
        pod.Owned("kubectl-run", "Update").ShouldBe(
            """{"f:metadata":{"f:labels":{".":{},"f:run":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{}"""
            + ""","f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}},"f:resources":{}"""
            + ""","f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{}"""
            + ""","f:schedulerName":{},"f:securityContext":{},"f:serviceAccount":{},"f:serviceAccountName":{},"f:terminationGracePeriodSeconds":{}}}""");
    }

    [Fact]
    public void OnUpdate_OfWhatAnotherOwns_MovesIt()
    {
        var map = new LiveObject("ConfigMap");
        map.Update("a", """{"metadata":{"name":"m"},"data":{"x":"1","w":"1"}}""");
        map.Edit("b", obj => ((V1ConfigMap)obj).Data["x"] = "2");
        map.Owned("a", "Update").ShouldBe("""{"f:data":{".":{},"f:w":{}}}""");
        map.Owned("b", "Update").ShouldBe("""{"f:data":{"f:x":{}}}""");
    }

    [Fact]
    public void OnUpdate_ThatRemovesFields_TakesThemFromAll()
    {
        var map = new LiveObject("ConfigMap");
        map.Update("a", """{"metadata":{"name":"m"},"data":{"x":"1"}}""");
        map.Edit("b", obj => ((V1ConfigMap)obj).Data.Add("w", "1"));
        map.Edit("c", obj => ((V1ConfigMap)obj).Data.Remove("w"));
        map.Entries.ShouldHaveSingleItem().Manager.ShouldBe("a");
    }

    [Fact]
    public void OnUpdate_ThatChangesNothing_LeavesEveryByte()
    {
        var pod = new LiveObject("Pod");
        pod.Update("a", Pod);
        var before = pod.Node;
        pod.Edit("b", _ => { });
        System.Text.Json.Nodes.JsonNode.DeepEquals(before["metadata"]!["managedFields"], pod.Node["metadata"]!["managedFields"]).ShouldBeTrue();
    }

    [Fact]
    public void OnUpdate_OfUntrackedObject_LeavesItUntracked()
    {
        var map = new LiveObject("ConfigMap");
        map.Plant("""{"metadata":{"name":"m"},"data":{"x":"1"}}""");
        map.Edit("a", obj => ((V1ConfigMap)obj).Data["x"] = "2");
        map.Entries.ShouldBeEmpty();
    }

    [Fact]
    public void OnUpdate_WithoutManagedFields_KeepsThoseOfTheLiveObject()
    {
        var map = new LiveObject("ConfigMap");
        map.Update("a", """{"metadata":{"name":"m"},"data":{"x":"1"}}""");
        map.Update("b", """{"metadata":{"name":"m"},"data":{"x":"1","w":"1"}}""");
        map.Owned("a", "Update").ShouldBe("""{"f:data":{".":{},"f:x":{}}}""");
        map.Owned("b", "Update").ShouldBe("""{"f:data":{"f:w":{}}}""");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[{}]")]
    public void OnUpdate_WithEmptyManagedFields_ForgetsAllManagers(string empty)
    {
        var map = new LiveObject("ConfigMap");
        map.Update("a", """{"metadata":{"name":"m"},"data":{"x":"1"}}""");
        map.Update("b", $$$"""{"metadata":{"name":"m","managedFields":{{{empty}}}},"data":{"x":"2"}}""");
        map.Entries.ShouldBeEmpty();
    }

    [Fact]
    public void OnUpdate_WithEmptyManagedFieldsThroughSubresource_ForgetsNone()
    {
        var pod = new LiveObject("Pod");
        pod.Update("a", Pod);
        pod.Edit("b", obj => obj.Metadata.ManagedFields = [], "status");
        pod.Entries.ShouldHaveSingleItem().Manager.ShouldBe("a");
    }

    [Fact]
    public void OnUpdate_WithUnreadableManagedFields_KeepsThoseOfTheLiveObject()
    {
        var map = new LiveObject("ConfigMap");
        map.Update("a", """{"metadata":{"name":"m"},"data":{"x":"1"}}""");
        map.Edit("b", obj => obj.Metadata.ManagedFields[0].FieldsType = "FieldsV9");
        map.Owned("a", "Update").ShouldBe("""{"f:data":{".":{},"f:x":{}}}""");
    }

    [Fact]
    public void OnUpdate_WithOtherManagedFields_TakesThem()
    {
        var map = new LiveObject("ConfigMap");
        map.Update("a", """{"metadata":{"name":"m"},"data":{"x":"1"}}""");
        map.Edit("b", obj => obj.Metadata.ManagedFields[0].Manager = "renamed");
        map.Entries.ShouldHaveSingleItem().Manager.ShouldBe("renamed");
    }

    [Fact]
    public void OnUpdate_OfStatus_IsKeptApart()
    {
        var pod = new LiveObject("Pod");
        pod.Update("a", Pod);
        pod.Edit("a", obj => ((V1Pod)obj).Status = new V1PodStatus { Phase = "Running", Conditions = [new() { Type = "Ready", Status = "True" }] }, "status");
        pod.Owned("a", "Update", "status").ShouldBe(
            """{"f:status":{"f:conditions":{".":{},"k:{\"type\":\"Ready\"}":{".":{},"f:status":{},"f:type":{}}},"f:phase":{}}}""");
        pod.FieldsOf("b", "Update").IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void OnUpdate_ByTooManyManagers_KeepsTheOldestUnderOneName()
    {
        var map = new LiveObject("ConfigMap");
        map.Update("m00", """{"metadata":{"name":"m"},"data":{"x00":"1"}}""");
        for (var i = 1; i < 15; i++)
            map.Edit($"m{i:00}", obj => ((V1ConfigMap)obj).Data.Add($"x{i:00}", "1"));
        map.Entries.Count.ShouldBe(10);
        map.Owned("ancient-changes", "Update").ShouldBe(
            """{"f:data":{".":{},"f:x00":{},"f:x01":{},"f:x02":{},"f:x03":{},"f:x04":{},"f:x05":{}}}""");
        map.Owned("m14", "Update").ShouldBe("""{"f:data":{"f:x14":{}}}""");
    }
}
