using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using static OrleansOrchestrator.Controllers.Tests.DaemonSets.DaemonModel;

namespace OrleansOrchestrator.Controllers.Tests.DaemonSets;

/// <summary>What a DaemonSet does about pods that have ended.</summary>
public sealed class FailedDaemonPodTests
{
    [Fact]
    public void FailedPod_IsReplacedAtOnceAndThenEverMoreSlowly()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var waits = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            waits.Add(FailAndAwaitNext(model, model.Pods.ShouldHaveSingleItem()).TotalSeconds);
            model.Settle();
        }

        waits.ShouldBe([0, 1, 2, 4, 8]);
        model.Cluster.Events.Count(planned => planned is { Type: "Warning", Reason: "FailedDaemonPod" }).ShouldBe(5);
        model.Cluster.Events.ShouldContain(planned => planned.Message.StartsWith("Found failed daemon pod shop/agent-") && planned.Message.EndsWith(" on node a, will try to kill it"));
    }

    [Fact]
    public void FailedPod_ThatRanForLong_BeginsAnew()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        model.ChangePod(model.Pods[0], pod => pod.Metadata.Annotations = new Dictionary<string, string> { [FailedDaemonPods.Annotation] = "9" });
        model.SetPhase(model.Pods[0], "Failed");
        model.Plan().Actions.OfType<DeleteObject>().ShouldBeEmpty();

        model.Cluster.Now += TimeSpan.FromHours(1);
        model.Settle();

        model.Pods.ShouldHaveSingleItem().Metadata.Annotations[FailedDaemonPods.Annotation].ShouldBe("1");
    }

    [Fact]
    public void FailedPod_OfAnUpdateThatSurges_IsReplacedEverMoreSlowlyOnItsNode()
    {
        var model = new DaemonModel(set => set.Spec.UpdateStrategy.RollingUpdate = new V1RollingUpdateDaemonSet { MaxUnavailable = 0, MaxSurge = 1 }, "a", "b", "c");
        model.Run();
        model.SetImage("broken");
        model.Settle();
        var waits = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var surging = model.Pods.Single(pod => pod.Spec.Containers[0].Image == "broken");
            DaemonPods.NodeOf(surging).ShouldBe("a");
            waits.Add(FailAndAwaitNext(model, surging).TotalSeconds);
            model.Settle();
        }

        waits.ShouldBe([0, 1, 2, 4, 8]);
        model.Pods.Count(pod => pod.Spec.Containers[0].Image == "one" && pod.IsReady).ShouldBe(3);
    }

    [Fact]
    public void FailedPod_BesideOneThatEnds_KeepsItsCount()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var ending = ObjectCodec.Clone(model.Pods[0]);
        (ending.Metadata.Name, ending.Metadata.Uid, ending.Metadata.DeletionTimestamp) = ("agent-ending", "ending", Start(0));
        model.Cluster.Add(ending);
        Fail(model, model.Pods.Single(pod => !pod.IsDeleting), failures: 3);

        model.Settle();
        model.Pods.Count.ShouldBe(2, "one pod at a time runs on a node");
        model.Cluster.Remove(ending);
        model.Settle();

        model.Pods.ShouldHaveSingleItem().Metadata.Annotations[FailedDaemonPods.Annotation].ShouldBe("4");
    }

    [Fact]
    public void FailedPod_WhoseSuccessorIsRefused_StaysAndKeepsItsCount()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var failed = model.Pods[0];
        Fail(model, failed, failures: 3);
        model.Cluster.Refuses = action => action is CreateObject ? ApiErrors.Forbidden(WellKnownResources.Pods, null, "no quota") : null;

        model.Step();
        model.Step();

        model.Pods.ShouldHaveSingleItem().Metadata.Uid.ShouldBe(failed.Metadata.Uid);
        model.Cluster.Events.ShouldNotContain(planned => planned.Reason == "FailedDaemonPod");
        model.Cluster.Refuses = _ => null;
        model.Settle();
        model.Pods.ShouldHaveSingleItem().Metadata.Annotations[FailedDaemonPods.Annotation].ShouldBe("4");
    }

    [Fact]
    public void EndedPod_ThatIsDeleted_IsToldOfWhateverElseIsRefused()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        model.SetPhase(model.Pods[0], "Succeeded");
        var ended = model.Pods[0].Metadata.Name;
        model.AddNode("b");
        model.Cluster.Refuses = action => action is CreateObject ? ApiErrors.Forbidden(WellKnownResources.Pods, null, "no quota") : null;
        model.Cluster.Events.Clear();

        model.Step();

        model.Cluster.Events.ShouldBe(
        [
            new PlannedEvent("Normal", "SucceededDaemonPod", $"Found succeeded daemon pod shop/{ended} on node a, will try to delete it"),
            new PlannedEvent("Normal", "SuccessfulDelete", $"Deleted pod: {ended}"),
            new PlannedEvent("Warning", "FailedCreate", "Error creating: pods is forbidden: no quota"),
        ]);
    }

    [Fact]
    public void SucceededPod_IsReplaced()
    {
        var model = new DaemonModel(null, "a");
        model.Run();
        var ended = model.Pods[0];
        model.SetPhase(ended, "Succeeded");

        model.Run();

        model.Pods.ShouldHaveSingleItem().Metadata.Name.ShouldNotBe(ended.Metadata.Name);
        model.Cluster.Events.ShouldContain(planned => planned.Type == "Normal" && planned.Reason == "SucceededDaemonPod");
    }

    /// <summary>Lets a pod fail before which others have failed, and the wait that follows pass.</summary>
    private static void Fail(DaemonModel model, V1Pod pod, int failures)
    {
        model.ChangePod(pod, changed => changed.Metadata.Annotations = new Dictionary<string, string> { [FailedDaemonPods.Annotation] = $"{failures}" });
        model.SetPhase(pod, "Failed");
        model.Cluster.Now += TimeSpan.FromMinutes(1);
    }

    /// <summary>Lets a pod fail, and looks again when the controller says so until the next one of its template is there.</summary>
    private static TimeSpan FailAndAwaitNext(DaemonModel model, V1Pod pod)
    {
        model.SetPhase(pod, "Failed");
        var from = model.Cluster.Now;
        for (var wait = model.Step().RequeueAfter; !model.Pods.Any(next => next.IsActive && RevisionHistory.RevisionOf(next) == RevisionHistory.RevisionOf(pod)); wait = model.Step().RequeueAfter)
            model.Cluster.Now += wait.ShouldNotBeNull();
        return model.Cluster.Now - from;
    }
}
