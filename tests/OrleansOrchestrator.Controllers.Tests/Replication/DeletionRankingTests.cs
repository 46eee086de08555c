using OrleansOrchestrator.Controllers.Replication;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.Replication;

/// <summary>Each criterion decides when all before it are equal, whatever those after it say.</summary>
public sealed class DeletionRankingTests
{
    private static readonly DateTime Time = ClusterModel.Start.UtcDateTime;

    [Fact]
    public void Rank_Unassigned_GoesBeforeAssigned() =>
        First(Running("z", pod => pod.Spec.NodeName = null), Running("a", pod => pod.Status.Phase = "Pending")).ShouldBe("z");

    [Fact]
    public void Rank_Pending_GoesBeforeUnknownBeforeRunning() =>
        Order(Running("a"), Running("b", pod => pod.Status.Phase = "Unknown"), Running("c", pod => pod.Status.Phase = "Pending"))
            .ShouldBe(["c", "b", "a"]);

    [Fact]
    public void Rank_NotReady_GoesBeforeReadyWhateverItsCost() =>
        First(Running("a"), Running("z", pod => (pod.Status.Conditions[0].Status, pod.Metadata.Annotations) = ("False", Cost("100")))).ShouldBe("z");

    [Fact]
    public void Rank_LowerDeletionCost_GoesFirst() =>
        Order(Running("a", pod => pod.Metadata.Annotations = Cost("5")), Running("b"), Running("c", pod => pod.Metadata.Annotations = Cost("-5")))
            .ShouldBe(["c", "b", "a"]);

    [Fact]
    public void Rank_IllegibleDeletionCost_CountsAsZero() =>
        First(Running("a", pod => pod.Metadata.Annotations = Cost("1")), Running("z", pod => pod.Metadata.Annotations = Cost("much"))).ShouldBe("z");

    [Fact]
    public void Rank_CrowdedNode_LosesFirst() =>
        First(Running("a", pod => pod.Spec.NodeName = "lonely"), Running("y"), Running("z")).ShouldBe("y");

    [Fact]
    public void Rank_NewerReady_GoesFirst() =>
        First(Running("a"), Running("z", pod => pod.Status.Conditions[0].LastTransitionTime = Time.AddMinutes(1))).ShouldBe("z");

    [Fact]
    public void Rank_MoreRestarts_GoesFirst() =>
        First(Running("a"), Running("z", pod => pod.Status.ContainerStatuses[0].RestartCount = 3)).ShouldBe("z");

    [Fact]
    public void Rank_NewerPod_GoesFirst() =>
        First(Running("a"), Running("z", pod => pod.Metadata.CreationTimestamp = Time.AddMinutes(1))).ShouldBe("z");

    private static string First(params V1Pod[] pods) => Order(pods)[0];

    private static string[] Order(params V1Pod[] pods) => [.. DeletionRanking.Rank(pods, pods).Select(pod => pod.Metadata.Name)];

    private static Dictionary<string, string> Cost(string cost) => new() { ["controller.kubernetes.io/pod-deletion-cost"] = cost };

    private static V1Pod Running(string name, Action<V1Pod>? change = null)
    {
        var pod = Samples.Pod(name, node: "node", ready: true);
        pod.Metadata.CreationTimestamp = Time;
        pod.Status.ContainerStatuses = [new V1ContainerStatus { Name = "main", RestartCount = 0 }];
        change?.Invoke(pod);
        return pod;
    }
}
