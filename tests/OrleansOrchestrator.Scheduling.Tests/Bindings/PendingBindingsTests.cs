using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Scheduling.Bindings;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Queueing;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;
using static OrleansOrchestrator.Scheduling.Tests.Building.VolumeObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Bindings;

public sealed class PendingBindingsTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly BindingHost _host = new(writesMax: 2);

    [Fact]
    public void Pod_WithoutClaims_IsReadyWhileTheWritesOfOthersAreOnTheirWay()
    {
        foreach (var name in (string[])["one", "two", "three"])
            _host.Place(name, hasClaim: true);
        _host.Bindings.TakeWrites(Now)!.Binding.Pod.Name.ShouldBe("one");
        _host.Bindings.TakeWrites(Now)!.Binding.Pod.Name.ShouldBe("two");
        _host.Bindings.TakeWrites(Now).ShouldBeNull();

        _host.Place("plain", hasClaim: false);

        _host.Bindings.TakeReady(10, Now).ShouldHaveSingleItem().Pod.Name.ShouldBe("plain");
    }

    [Fact]
    public void Pod_WhoseWritesAreMade_WaitsForItsVolumeAndIsReadyThen()
    {
        var binding = _host.Place("one", hasClaim: true);
        _host.Write(_host.Bindings.TakeWrites(Now)!, Now);
        _host.Bindings.TakeReady(10, Now).ShouldBeEmpty();

        _host.Provision("one");
        _host.Bindings.NoteObjectChanged(Now);
        _host.Bindings.TakeReady(10, Now).ShouldBe([binding]);
        _host.Bindings.NoteBound(binding, Now);

        (_host.Bindings.Count, _host.Queue.Count, _host.Reservations).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void Pod_WhoseVolumeDoesNotCome_IsTriedAgainInTheEnd()
    {
        var binding = _host.Place("one", hasClaim: true);
        _host.Write(_host.Bindings.TakeWrites(Now)!, Now);
        var late = Now.AddSeconds(600);
        _host.Bindings.NextLook.ShouldBe(late);

        _host.Bindings.TakeReady(10, late).ShouldBeEmpty();

        _host.Bindings.TakeFailed().ShouldBe([(binding, "binding volumes: context deadline exceeded")]);
        _host.Queue.Find(binding.Pod.Uid)!.Place.ShouldBe(QueuePlace.BackingOff);
        _host.Reservations.ShouldBe(0);
    }

    [Fact]
    public void Pod_WhoseWriteIsRefused_IsTriedAgainWithTheReason()
    {
        var binding = _host.Place("one", hasClaim: true);
        _host.Bindings.NoteRefused(_host.Bindings.TakeWrites(Now)!.Binding, "somebody was faster", Now);

        _host.Bindings.TakeFailed().ShouldBe([(binding, "somebody was faster")]);
        (_host.Bindings.Count, _host.Reservations).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pod_DeletedOnTheWay_LeavesNothingReserved(int step)
    {
        var binding = _host.Place("one", hasClaim: true);
        var preparation = step > 0 ? _host.Bindings.TakeWrites(Now) : null;
        if (step > 1)
            _host.Write(preparation!, Now);
        if (step > 2)
        {
            _host.Provision("one");
            _host.Bindings.NoteObjectChanged(Now);
        }

        _host.Delete("one", Now);
        _host.Bindings.TakeWrites(Now).ShouldBeNull();
        if (step == 1)
            _host.Write(preparation!, Now);

        _host.Bindings.TakeReady(10, Now).ShouldBeEmpty();
        _host.Bindings.TakeFailed().ShouldBe([(binding, null)]);
        (_host.Bindings.Count, _host.Reservations, _host.Cache.PodCount, _host.Bindings.NextLook).ShouldBe((0, 0, 0, null));
    }

    [Fact]
    public void Writes_OfAnEarlierNodeOfThePod_ChangeNothingForItsNewOne()
    {
        _host.Place("one", hasClaim: true);
        var earlier = _host.Bindings.TakeWrites(Now)!;
        _host.Delete("one", Now);
        var present = _host.Place("one", hasClaim: true);

        _host.Bindings.NoteRefused(earlier.Binding, "late", Now);

        _host.Bindings.TakeFailed().ShouldBeEmpty();
        _host.Reservations.ShouldBe(1);
        _host.Bindings.TakeWrites(Now)!.Binding.ShouldBe(present);
    }

    [Fact]
    public void TakeReady_MoreThanABatch_LeavesTheRestReady()
    {
        foreach (var name in (string[])["a", "b", "c"])
            _host.Place(name, hasClaim: false);

        _host.Bindings.TakeReady(2, Now).Count.ShouldBe(2);
        _host.Bindings.HasReady.ShouldBeTrue();
        _host.Bindings.TakeReady(2, Now).ShouldHaveSingleItem();
        _host.Bindings.HasReady.ShouldBeFalse();
    }

    /// <summary>What the host of the scheduler does, step by step.</summary>
    private sealed class BindingHost
    {
        private readonly Harness _harness = new(NodeOf("a"));
        private readonly PodTracker _pods;

        public BindingHost(int writesMax)
        {
            Queue = new SchedulingQueue(new SchedulingQueueOptions(), _harness.Hints);
            _pods = new PodTracker(Cache, Queue);
            Bindings = new PendingBindings(
                new Dictionary<string, Scheduling.Placements.Scheduler> { [_harness.Scheduler.Name] = _harness.Scheduler }, Queue, _pods, writesMax);
            Set(_harness, LocalPathVolumes.ClassOf(isDefault: false));
        }

        public SchedulerCache Cache => _harness.Cache;

        public SchedulingQueue Queue { get; }

        public PendingBindings Bindings { get; }

        public int Reservations => Cache.VolumeReservations.Count;

        public PendingBinding Place(string name, bool hasClaim)
        {
            var pod = hasClaim ? WithClaim(name) : Create(name);
            (pod.Metadata.Name, pod.Metadata.Uid) = (name, $"uid-{name}");
            if (hasClaim)
                Set(_harness, ClaimOf(name, "local-path"));
            _pods.Set(pod.Info(), Now);
            var queued = Queue.Pop(1, Now).ShouldHaveSingleItem();
            _harness.Scheduler.Schedule(queued.Info, 1).ShouldBeOfType<Placement>();
            _pods.Assume(queued.Info, "a").ShouldBeTrue();
            _harness.Scheduler.Reserve(queued.Info, "a").ShouldBeNull();
            var binding = new PendingBinding(queued.Info, "a");
            Bindings.Add(binding, Now);
            return binding;
        }

        public void Write(Preparation preparation, DateTimeOffset now)
        {
            foreach (var write in preparation.Writes)
            {
                Set(_harness, ClaimOf(write.Key.Name, "local-path", change: claim =>
                    claim.Metadata.Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.SelectedNode] = preparation.Binding.NodeName }));
            }

            Bindings.NoteWritten(preparation.Binding, now);
        }

        public void Provision(string claim)
        {
            Set(_harness, VolumeOn($"of-{claim}", "a", claim: claim));
            Set(_harness, ClaimOf(claim, "local-path", volume: $"of-{claim}"));
        }

        public void Delete(string name, DateTimeOffset now)
        {
            _pods.Remove($"uid-{name}", now);
            Bindings.NotePodChanged($"uid-{name}", now);
        }
    }
}
