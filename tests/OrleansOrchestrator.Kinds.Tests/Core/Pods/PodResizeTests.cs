using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Tests.Core.Pods;

public sealed class PodResizeTests
{
    private const string Current =
        "{'metadata':{'name':'web','namespace':'default','generation':1},'spec':{'nodeName':'n1','containers':[" +
        "{'name':'a','image':'i:1','resources':{'requests':{'cpu':'100m','memory':'64Mi'},'limits':{'cpu':'1','memory':'128Mi'}}}," +
        "{'name':'b','image':'i:1','resources':{'requests':{'memory':'64Mi'}},'resizePolicy':[{'resourceName':'memory','restartPolicy':'RestartContainer'}]}]," +
        "'initContainers':[{'name':'first','image':'i:1','resources':{'requests':{'cpu':'1'}}},{'name':'side','image':'i:1','restartPolicy':'Always','resources':{'requests':{'cpu':'50m'}}}]}}";

    private static readonly KindCase Pods = new("pods");

    [Theory]
    [InlineData("\"cpu\":\"100m\"", "\"cpu\":\"200m\"")]
    [InlineData("\"limits\":{\"cpu\":\"1\",\"memory\":\"128Mi\"}", "\"limits\":{\"cpu\":\"2\",\"memory\":\"256Mi\"}")]
    [InlineData("\"cpu\":\"50m\"", "\"cpu\":\"70m\"")]
    [InlineData("\"requests\":{\"memory\":\"64Mi\"}", "\"requests\":{\"memory\":\"64Mi\",\"cpu\":\"1\"},\"limits\":{\"memory\":\"1Gi\"}")]
    [InlineData("\"cpu\":\"100m\"", "\"cpu\":\"0.1\"")]
    public void Resize_OfCpuAndMemory_IsAllowed(string before, string after) => Faults(Replaced(before, after)).ShouldBe("");

    [Theory]
    [InlineData("\"memory\":\"128Mi\"", "\"memory\":\"100Mi\"", "spec.containers[0].resources.limits: Forbidden: memory limits cannot be decreased unless resizePolicy is RestartContainer")]
    [InlineData("{\"requests\":{\"memory\":\"64Mi\"}}", "{}", "spec.containers[1].resources.requests: Forbidden: resource requests cannot be removed")]
    [InlineData("\"limits\":{\"cpu\":\"1\",\"memory\":\"128Mi\"}", "\"limits\":{\"memory\":\"128Mi\"}", "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed")]
    [InlineData("\"cpu\":\"100m\"", "\"cpu\":\"100m\",\"ephemeral-storage\":\"1Gi\"", "spec: Forbidden: only cpu and memory resources are mutable")]
    [InlineData("\"restartPolicy\":\"RestartContainer\"", "\"restartPolicy\":\"NotRequired\"", "spec: Forbidden: only cpu and memory resources are mutable")]
    [InlineData("\"requests\":{\"cpu\":\"50m\"}", "\"requests\":{\"cpu\":\"50m\",\"ephemeral-storage\":\"1Gi\"}", "spec: Forbidden: only cpu and memory resources for sidecar containers are mutable")]
    [InlineData("{\"requests\":{\"cpu\":\"1\"}}", "{\"requests\":{\"cpu\":\"2\"}}", "spec: Forbidden: resources for non-sidecar init containers are immutable")]
    [InlineData("\"name\":\"a\"", "\"name\":\"z\"", "spec.containers: Forbidden: containers may not be renamed or reordered on resize")]
    [InlineData("\"cpu\":\"100m\"", "\"cpu\":\"2\"", "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    public void Resize_OfAnythingElse_IsRefused(string before, string after, string fault) => Faults(Replaced(before, after)).ShouldBe(fault);

    [Fact]
    public void Resize_ToAnotherQualityOfService_IsRefused()
    {
        const string Burstable = "{'metadata':{'name':'web'},'spec':{'containers':[{'name':'a','image':'i:1','resources':{'requests':{'cpu':'1','memory':'1Gi'},'limits':{'cpu':'2','memory':'1Gi'}}}]}}";
        Faults(Burstable.Replace("'cpu':'1'", "'cpu':'2'", StringComparison.Ordinal), Burstable)
            .ShouldBe("spec: Invalid value: \"Guaranteed\": Pod QOS Class may not change as a result of resizing");
    }

    [Theory]
    [InlineData("{'metadata':{'annotations':{'kubernetes.io/config.mirror':'x'}}}", ": Forbidden: static pods cannot be resized")]
    [InlineData("{'status':{'containerStatuses':[{'name':'a','state':{'running':{}}}]}}", "spec: Forbidden: Pod running on node without support for resize")]
    public void Resize_OfAPodThatCannotBe_IsRefused(string part, string fault)
    {
        var current = KindCase.Merge(Current, part);
        Faults(current.Replace("\"100m\"", "\"200m\"", StringComparison.Ordinal), current).ShouldBe(fault);
    }

    [Fact]
    public void Resize_WithOtherChanges_TakesOnlyTheResources()
    {
        var (current, updated) = ((V1Pod)Pods.Decode(Current), (V1Pod)Pods.Decode(Replaced("\"100m\"", "\"200m\"")));
        updated.Spec.Containers[0].Image = "other";
        updated.Metadata.Labels = new Dictionary<string, string> { ["a"] = "b" };
        updated.Spec.NodeName = "n2";

        Pods.Definition.TryPrepareForPartUpdate(PodResize.Subresource, updated, current).ShouldBeTrue();

        (updated.Spec.Containers[0].Image, updated.Spec.NodeName, updated.Metadata.Labels, updated.Metadata.Generation).ShouldBe(("i:1", "n1", null, 2));
        updated.Spec.Containers[0].Resources.Requests["cpu"].ToString().ShouldBe("200m");
    }

    [Theory]
    [InlineData("Always", "{'resourceName':'cpu','restartPolicy':'RestartContainer'},{'resourceName':'memory','restartPolicy':'NotRequired'}", "")]
    [InlineData("Always", "{'resourceName':'disk','restartPolicy':'NotRequired'}", "spec.containers[0].resizePolicy: Unsupported value: \"disk\": supported values: \"cpu\", \"memory\"")]
    [InlineData("Always", "{'resourceName':'cpu'}", "spec.containers[0].resizePolicy: Required value")]
    [InlineData("Always", "{'resourceName':'cpu','restartPolicy':'x'}", "spec.containers[0].resizePolicy: Unsupported value: \"x\": supported values: \"NotRequired\", \"RestartContainer\"")]
    [InlineData("Always", "{'resourceName':'cpu','restartPolicy':'NotRequired'},{'resourceName':'cpu','restartPolicy':'NotRequired'}", "spec.containers[0].resizePolicy: Duplicate value: \"cpu\"")]
    [InlineData("Never", "{'resourceName':'cpu','restartPolicy':'RestartContainer'}", "spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when `restartPolicy` is 'Never'")]
    public void Policies_OfContainers_AreValidated(string restartPolicy, string policies, string fault) =>
        Pods.Faults($"{{'metadata':{{'name':'web','namespace':'default'}},'spec':{{'restartPolicy':'{restartPolicy}','containers':[{{'name':'c','image':'i','resizePolicy':[{policies}]}}]}}}}").ShouldBe(fault);

    private static string Replaced(string before, string after)
    {
        var json = KindCase.Merge(Current, "{}");
        json.ShouldContain(before);
        return new System.Text.RegularExpressions.Regex(System.Text.RegularExpressions.Regex.Escape(before)).Replace(json, after, 1);
    }

    private static string Faults(string updated, string current = Current)
    {
        var (stored, sent) = ((V1Pod)Pods.Decode(current), (V1Pod)Pods.Decode(updated));
        Pods.Definition.ApplyDefaults(stored);
        Pods.Definition.ApplyDefaults(sent);
        Pods.Definition.TryPrepareForPartUpdate(PodResize.Subresource, sent, stored).ShouldBeTrue();
        var errors = new FieldErrors();
        Pods.Definition.ValidatePartUpdate(PodResize.Subresource, sent, stored, errors);
        return string.Join('\n', errors.All);
    }
}
