using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.DaemonSets;
using OrleansOrchestrator.Controllers.Tests.Reconciling;

namespace OrleansOrchestrator.Controllers.Tests.DaemonSets;

/// <summary>A DaemonSet is decided on by node: what a look costs depends on what has changed.</summary>
public sealed class DaemonPartsTests
{
    private const int Nodes = 300;

    private readonly DaemonSetReconciler _reconciler = new();
    private readonly DaemonModel _model = new(null, [.. Enumerable.Range(0, Nodes).Select(i => $"n{i:D3}")]);
    private readonly PartialLook _look;

    public DaemonPartsTests()
    {
        _look = new PartialLook(_model.Cluster, _reconciler, DaemonModel.Key);
        // The revision, two bursts of pods, and the status.
        for (var i = 0; i < 4; i++)
            _model.Cluster.Apply(_look.Take().Actions);
        _look.Take().Actions.ShouldBeEmpty();
    }

    [Fact]
    public void Look_AtOneChangedPodOfMany_ObservesItsNodeOnly()
    {
        _model.Attend(_model.Pods[7]);
        _model.Attend(_model.Pods[7]);

        var plan = _look.Take();

        Observed<V1Node>().ShouldBe(["n007"]);
        Observed<V1Pod>().Count.ShouldBe(1);
        _model.Cluster.Apply(plan.Actions);
        _model.Set.Status.NumberReady.ShouldBe(1);
        _model.Set.Status.DesiredNumberScheduled.ShouldBe(Nodes);
    }

    [Fact]
    public void Look_AtOneChangedNodeOfMany_ObservesItOnly()
    {
        _model.ChangeNode("n009", node => node.Spec.Taints = [DaemonModel.Taint("theirs", "NoExecute")]);

        var plan = _look.Take();

        Observed<V1Node>().ShouldBe(["n009"]);
        plan.Actions.OfType<DeleteObject>().ShouldHaveSingleItem();
    }

    [Fact]
    public void Look_AfterAWrite_ObservesWhatWasWrittenWithoutBeingTold()
    {
        _model.Cluster.Remove(_model.Pods[3]);
        _look.Take().Actions.OfType<CreateObject>().ShouldHaveSingleItem();

        // Nothing came of it, and nothing has changed.
        _look.Take().Actions.OfType<CreateObject>().ShouldHaveSingleItem();

        Observed<V1Node>().ShouldBe(["n003"]);
    }

    [Fact]
    public void Look_AtAnotherTemplate_ObservesEveryNodeOnce()
    {
        _model.SetImage("two");
        _model.Cluster.Apply(_look.Take().Actions);
        _model.Cluster.Apply(_look.Take().Actions);
        Observed<V1Node>().Count.ShouldBe(Nodes);

        _look.Take();

        // The pods are not ready, so that all of them are replaced at once, in as many plans as it takes.
        Observed<V1Node>().Count.ShouldBeLessThanOrEqualTo(DaemonSetReconciler.BurstMax);
    }

    private List<string> Observed<T>()
        where T : class, KubeObject =>
        [.. _reconciler.Relations.SelectMany(_look.Observed!.Related).Select(related => related.Object).OfType<T>().Select(obj => obj.Metadata.Name).Distinct().Order(StringComparer.Ordinal)];
}
