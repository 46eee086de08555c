using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Kinds.Tests.Core.Pods;

public class PodUpdateTests
{
    private const string Current =
        "{'metadata':{'name':'web','namespace':'default','generation':1},'spec':{'nodeName':'n1','activeDeadlineSeconds':100,'tolerations':[{'key':'a','operator':'Exists'}]," +
        "'schedulingGates':[],'containers':[{'name':'c','image':'i:1'}]}}";

    private const string Gated =
        "{'metadata':{'name':'web','namespace':'default'},'spec':{'nodeSelector':{'pool':'x'},'schedulingGates':[{'name':'ex.com/g'}],'containers':[{'name':'c','image':'i:1'}]," +
        "'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'matchExpressions':[{'key':'k','operator':'Exists'}]}]}}}}}";

    private const string Refusal =
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
        "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n";

    private static readonly KindCase Pods = new("pods");

    [Theory]
    [InlineData("{}")]
    [InlineData("{'metadata':{'labels':{'a':'b'}}}")]
    [InlineData("{'spec':{'containers':[{'name':'c','image':'i:2','imagePullPolicy':'IfNotPresent'}]}}")]
    [InlineData("{'spec':{'activeDeadlineSeconds':50}}")]
    [InlineData("{'spec':{'tolerations':[{'key':'a','operator':'Exists'},{'key':'b','operator':'Exists'}]}}")]
    public void Update_OfUpdatableFields_IsAllowed(string change) =>
        Pods.UpdateFaults(Current, KindCase.Merge(Current, change)).ShouldBe("");

    /// <summary>The node acts by the longest time that it may have seen, so that the control plane must not replace the pod sooner.</summary>
    [Theory]
    [InlineData(60, 5, null, "60")]
    [InlineData(null, 5, null, "forever")]
    [InlineData(5, 60, null, null)]
    [InlineData(60, 60, "70", "70")]
    [InlineData(60, 5, "70", "70")]
    [InlineData(60, 80, "70", null)]
    public void Update_ThatShortensATolerationOfLostNodes_RecordsWhatTheNodeMayActBy(int? before, int? after, string? recorded, string? expected)
    {
        var stored = Tolerating(before, recorded);

        // Whatever the sender says of the record.
        foreach (var sent in new[] { Tolerating(after, null), Tolerating(after, "1"), Tolerating(after, recorded) })
            RecordIn(Pods.Updated(stored, sent)).ShouldBe(expected);
        RecordIn(Pods.Updated(KindCase.Merge(stored, "{'spec':{'nodeName':null}}"), Tolerating(after, recorded))).ShouldBeNull();
        RecordIn(Pods.Created(Tolerating(after, "1"))).ShouldBeNull();
    }

    [Theory]
    [InlineData(3, "70")]
    [InlineData(4, null)]
    [InlineData(null, "70")]
    public void Status_OfANodeThatHasSeenTheNewestGeneration_RemovesTheRecord(int? seen, string? expected)
    {
        var stored = KindCase.Merge(Tolerating(5, "70"), "{'metadata':{'generation':4}}");
        var status = seen is null ? "{}" : $"{{'observedGeneration':{seen}}}";

        RecordIn(Pods.StatusUpdated(stored, KindCase.Merge(stored, $"{{'status':{status}}}"))).ShouldBe(expected);
        RecordIn(Pods.StatusUpdated(stored, KindCase.Merge(stored, $"{{'metadata':{{'annotations':null}},'status':{status}}}"))).ShouldBe(expected);
    }

    private static string Tolerating(int? seconds, string? recorded) => KindCase.Merge(
        Current,
        $"{{'metadata':{{'annotations':{{'{UnseenToleration.Annotation}':{(recorded is null ? "null" : $"'{recorded}'")}}}}},"
        + $"'spec':{{'tolerations':[{{'key':'node.kubernetes.io/unreachable','operator':'Exists','effect':'NoExecute','tolerationSeconds':{seconds?.ToString(CultureInfo.InvariantCulture) ?? "null"}}}]}}}}");

    private static string? RecordIn(JsonNode pod) => (string?)pod["metadata"]!["annotations"]?[UnseenToleration.Annotation];

    [Theory]
    [InlineData("{'nodeName':'n2'}", Refusal + "nodeName: \"n1\" → \"n2\"")]
    [InlineData("{'hostNetwork':true}", Refusal + "hostNetwork: unset → true")]
    [InlineData("{'terminationGracePeriodSeconds':1}", Refusal + "terminationGracePeriodSeconds: 30 → 1")]
    [InlineData("{'containers':[{'name':'c','image':'i:1','command':['x']}]}", Refusal + "containers[0].command: unset → [\"x\"]")]
    [InlineData("{'containers':[{'name':'c','image':'i:1'},{'name':'d','image':'i:1'}]}", "spec.containers: Forbidden: pod updates may not add or remove containers")]
    [InlineData("{'initContainers':[{'name':'d','image':'i:1'}]}", "spec.initContainers: Forbidden: pod updates may not add or remove containers")]
    [InlineData("{'activeDeadlineSeconds':200}", "spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to previous value")]
    [InlineData("{'activeDeadlineSeconds':null}", "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value")]
    [InlineData("{'tolerations':[]}", "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds")]
    [InlineData("{'schedulingGates':[{'name':'g'}]}", "spec.schedulingGates: Forbidden: only deletion is allowed, but found new scheduling gate 'g'")]
    public void Update_OfOtherFields_IsRefused(string change, string fault) =>
        Pods.UpdateFaults(Current, KindCase.Merge(Current, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'nodeSelector':{'a':'b'}}")]
    [InlineData("{'nodeSelector':{'pool':'x','a':'b'}}")]
    [InlineData("{'nodeSelector':{'pool':'x','a':'b'},'schedulingGates':null}")]
    [InlineData("{'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'matchExpressions':[{'key':'k','operator':'Exists'},{'key':'l','operator':'Exists'}]}]}}}}")]
    [InlineData("{'affinity':{'nodeAffinity':{'preferredDuringSchedulingIgnoredDuringExecution':[{'weight':1,'preference':{'matchExpressions':[{'key':'p','operator':'Exists'}]}}]}}}")]
    public void Update_OfAGatedPod_MayNarrowWhereItRuns(string change) =>
        Pods.UpdateFaults(Gated, KindCase.Merge(Gated, $"{{'spec':{change}}}")).ShouldBe("");

    [Theory]
    [InlineData("{'nodeSelector':{'pool':'y'}}", "spec.nodeSelector: Invalid value: {\"pool\":\"y\"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)")]
    [InlineData("{'nodeSelector':null}", "spec.nodeSelector: Invalid value: null: only additions to spec.nodeSelector are allowed (no mutations or deletions)")]
    [InlineData(
        "{'affinity':null}",
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Invalid value: []: no additions/deletions to non-empty NodeSelectorTerms list are allowed")]
    [InlineData(
        "{'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'matchFields':[{'key':'metadata.name','operator':'In','values':['n']}]}]}}}}",
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]: Invalid value: "
        + "{\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"n\"]}]}: only additions are allowed (no mutations or deletions)")]
    public void Update_OfAGatedPod_ThatWidensWhereItRuns_IsRefused(string change, string fault) =>
        Pods.UpdateFaults(Gated, KindCase.Merge(Gated, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':{}}]}}}")]
    [InlineData("{'hostNetwork':true}")]
    public void Update_OfAGatedPod_InAnythingElse_IsRefused(string change) =>
        Pods.UpdateFaults(Gated, KindCase.Merge(Gated, $"{{'spec':{change}}}")).ShouldStartWith(Refusal);

    [Theory]
    [InlineData("{'nodeSelector':{'pool':'x','a':'b'}}")]
    public void Update_OfAPodWithoutGates_MayNotNarrowWhereItRuns(string change)
    {
        var ungated = KindCase.Merge(Gated, "{'spec':{'schedulingGates':null}}");

        Pods.UpdateFaults(ungated, KindCase.Merge(ungated, $"{{'spec':{change}}}")).ShouldStartWith(Refusal);
    }

    [Theory]
    [InlineData("{}", "{'kubernetes.io/config.mirror':'a'}", "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation")]
    [InlineData("{'kubernetes.io/config.mirror':'a'}", "{'kubernetes.io/config.mirror':'b'}", "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation")]
    [InlineData("{'kubernetes.io/config.mirror':'a'}", "{'kubernetes.io/config.mirror':null}", "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation")]
    [InlineData("{'kubernetes.io/config.mirror':'a'}", "{'kubernetes.io/config.mirror':'a','b':'c'}", "")]
    public void Update_OfTheMirrorAnnotation_IsRefused(string current, string updated, string fault)
    {
        var pod = KindCase.Merge(Current, $"{{'metadata':{{'annotations':{current}}},'spec':{{'serviceAccountName':'a'}}}}");

        Pods.UpdateFaults(pod, KindCase.Merge(pod, $"{{'metadata':{{'annotations':{updated}}}}}")).ShouldBe(fault);
    }

    [Theory]
    [InlineData("{'spec':{'activeDeadlineSeconds':50}}", 2)]
    [InlineData("{'metadata':{'labels':{'a':'b'}}}", 1)]
    public void Generation_OnUpdate_CountsChangesOfTheSpecOnly(string change, long generation)
    {
        var current = Pods.Decode(Current);
        var updated = Pods.Decode(KindCase.Merge(Current, change));

        Pods.Definition.PrepareForUpdate(updated, current);

        updated.Metadata.Generation.ShouldBe(generation);
    }

    [Fact]
    public void Status_OfAnUpdate_StaysAsItWas()
    {
        const string Running = "{'metadata':{'name':'web'},'spec':{},'status':{'phase':'Running'}}";

        Pods.Updated(Running, KindCase.Merge(Running, "{'status':{'phase':'Failed'}}"))["status"]!["phase"]!.GetValue<string>().ShouldBe("Running");
    }

    [Fact]
    public void StatusUpdate_BringsAnEndedContainerBack_IsRefused()
    {
        const string Ended = "{'metadata':{'name':'web'},'spec':{'restartPolicy':'Never'},'status':{'containerStatuses':[{'name':'c','state':{'terminated':{'exitCode':1}}}]}}";
        const string Running = "{'metadata':{'name':'web'},'spec':{'restartPolicy':'Never'},'status':{'containerStatuses':[{'name':'c','state':{'running':{}}}]}}";

        Pods.StatusFaults(Ended, Running).ShouldBe("status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state");
        Pods.StatusFaults(Running, Ended).ShouldBe("");
    }
}
