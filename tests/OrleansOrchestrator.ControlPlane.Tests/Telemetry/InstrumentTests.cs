using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Telemetry;

namespace OrleansOrchestrator.ControlPlane.Tests.Telemetry;

/// <remarks>Alone, so that nobody listens to what it takes for silent.</remarks>
[Collection(nameof(InstrumentTests))]
[CollectionDefinition(nameof(InstrumentTests), DisableParallelization = true)]
public sealed class InstrumentTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Events_NobodyListens_AllocateNothing()
    {
        var queue = new WorkQueueInstruments("quiet");
        Record(queue);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++)
            Record(queue);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Activities_NobodyListens_AreNoneAndAllocateNothing()
    {
        var write = Samples.Create("a");
        var resource = new ResourceName("configmaps");
        List<PendingChange> batch = [new(Samples.Added(Samples.Map("default", "a", 1)), 1, new TraceContext("", null), new())];
        Trace(write, resource, batch).ShouldBe((null, null, null, null, null));
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000; i++)
            Trace(write, resource, batch);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void WorkQueue_KeysThatWaitWorkAndFail_AreCountedAndTimed()
    {
        var name = $"queue-{Guid.NewGuid():N}";
        var time = new FakeTimeProvider(Start);
        var queue = new WorkQueue<string>(name, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), static _ => "");
        using var shown = queue.Instruments.Show(time);
        using var figures = new Figures("name", name);

        queue.Add("a", Start);
        queue.Add("a", Start);
        queue.Add("b", Start);
        time.Advance(TimeSpan.FromSeconds(2));
        queue.TryTake(time.GetUtcNow(), out var taken).ShouldBeTrue();
        time.Advance(TimeSpan.FromSeconds(3));

        figures.Read("workqueue_depth").ShouldBe(1);
        figures.Read("workqueue_unfinished_work").ShouldBe(3);
        queue.Done(taken!, succeeded: false, time.GetUtcNow());
        figures.Read("workqueue_unfinished_work").ShouldBe(0);
        figures.Read("workqueue_adds").ShouldBe(2);
        figures.Read("workqueue_retries").ShouldBe(1);
        figures.Read("workqueue_queue_duration").ShouldBe(2);
        figures.Read("workqueue_work_duration").ShouldBe(3);
    }

    [Fact]
    public void ObjectIndex_ObjectThatCannotBeRead_IsCountedAsSuch()
    {
        using var figures = new Figures("handler", "object index");
        ICacheIndex index = new ObjectIndex<string, string>(
            static () => throw new InvalidOperationException(), static _ => throw new OverflowException("absurd"));
        var obj = Samples.Map("default", "a", 1);

        index.Replace(obj.Key, obj);

        figures.Read("orchestrator_object_faults").ShouldBe(1);
    }

    private static (Activity?, Activity?, Activity?, Activity?, TraceContext?) Trace(ObjectWrite write, ResourceName resource, List<PendingChange> batch) => (
        ControlPlaneActivities.StartRoot("quiet"),
        ControlPlaneActivities.StartChild("quiet"),
        ControlPlaneActivities.StartAfter("quiet", null),
        CommitActivity.Start(resource, batch),
        write.Traced().Trace);

    private static void Record(WorkQueueInstruments queue)
    {
        queue.Added();
        queue.Taken(Start, Start);
        queue.Done(Start, succeeded: false, Start);
        ControllerInstruments.Working("quiet", 1);
        ControllerInstruments.Reconciled("quiet", new WorkOutcome(true, null), TimeSpan.Zero);
        StoreInstruments.Refused(new ResourceName("pods"), CommitStatus.Conflict);
        StoreInstruments.Flushed(new ResourceName("pods"), 1, 1, TimeSpan.Zero, succeeded: true);
        LoopInstruments.ObjectFailed("quiet");
        SchedulerInstruments.Attempted("quiet", AttemptResult.Scheduled, TimeSpan.Zero);
        SchedulerInstruments.Scheduled(1, TimeSpan.Zero);
        SchedulerInstruments.Preempted(1);
    }

    /// <summary>The sums of what instruments measure with one label.</summary>
    private sealed class Figures : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, double> _sums = new(StringComparer.Ordinal);

        public Figures(string label, string value)
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name.StartsWith("OrleansOrchestrator.", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, measured, tags, _) => Note(instrument, measured, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, measured, tags, _) => Note(instrument, measured, tags));
            _listener.Start();

            void Note(Instrument instrument, double measured, ReadOnlySpan<KeyValuePair<string, object?>> tags)
            {
                foreach (var tag in tags)
                {
                    if (tag.Key != label || !value.Equals(tag.Value))
                        continue;
                    lock (_sums)
                        _sums[instrument.Name] = measured + (instrument.IsObservable ? 0 : _sums.GetValueOrDefault(instrument.Name));
                }
            }
        }

        public double Read(string instrument)
        {
            _listener.RecordObservableInstruments();
            lock (_sums)
                return _sums[instrument];
        }

        public void Dispose() => _listener.Dispose();
    }
}
