using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansOrchestrator.ControlPlane.Telemetry;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Metrics of one work queue, under the names of Kubernetes' controllers. Queues of the same name are added up.</summary>
/// <remarks>https://kubernetes.io/docs/reference/instrumentation/metrics/</remarks>
/// <param name="name">The queue's name.</param>
internal sealed class WorkQueueInstruments(string name)
{
    private static readonly ConcurrentDictionary<WorkQueueInstruments, TimeProvider> Shown = new();

    private static readonly Counter<long> Adds = ControlPlaneMeter.Meter.CreateCounter<long>(
        "workqueue_adds", description: "Keys that were queued.");

    private static readonly Counter<long> Retries = ControlPlaneMeter.Meter.CreateCounter<long>(
        "workqueue_retries", description: "Keys whose work failed, and which are tried again after a back-off.");

    private static readonly Histogram<double> Waits = ControlPlaneMeter.Meter.CreateHistogram(
        "workqueue_queue_duration", "s", "How long keys waited before they were worked on.", advice: ControlPlaneMeter.Durations);

    private static readonly Histogram<double> Works = ControlPlaneMeter.Meter.CreateHistogram(
        "workqueue_work_duration", "s", "How long the work on a key took.", advice: ControlPlaneMeter.Durations);

    private readonly KeyValuePair<string, object?> _tag = new("name", name);
    private readonly Lock _gate = new();
    private int _depth;
    private int _working;
    private long _begunTicks;

    static WorkQueueInstruments()
    {
        ControlPlaneMeter.Meter.CreateObservableUpDownCounter(
            "workqueue_depth", static () => Sums(static (queue, _) => Volatile.Read(ref queue._depth)), description: "Keys that wait.");
        ControlPlaneMeter.Meter.CreateObservableGauge(
            "workqueue_unfinished_work", static () => Sums(static (queue, time) => queue.UnfinishedSeconds(time.GetUtcNow())), "s", "How long the work that is under way has taken, summed.");
    }

    /// <summary>Publishes the queue's metrics until the result is disposed.</summary>
    /// <param name="time">The clock of the times passed to this object.</param>
    public IDisposable Show(TimeProvider time)
    {
        Shown[this] = time;
        return new Showing(this);
    }

    /// <summary>Records that a key was queued.</summary>
    public void Added()
    {
        Volatile.Write(ref _depth, _depth + 1);
        Adds.Add(1, _tag);
    }

    /// <summary>Records that the work on a key begins.</summary>
    /// <param name="added">When it was queued.</param>
    /// <param name="now">The time.</param>
    public void Taken(DateTimeOffset added, DateTimeOffset now)
    {
        Volatile.Write(ref _depth, _depth - 1);
        Waits.Record((now - added).TotalSeconds, _tag);
        lock (_gate)
        {
            _working++;
            _begunTicks += now.UtcTicks;
        }
    }

    /// <summary>Records that the work on a key has ended.</summary>
    /// <param name="begun">When it began.</param>
    /// <param name="succeeded">Whether the work succeeded and is not retried.</param>
    /// <param name="now">The time.</param>
    public void Done(DateTimeOffset begun, bool succeeded, DateTimeOffset now)
    {
        lock (_gate)
        {
            _working--;
            _begunTicks -= begun.UtcTicks;
        }

        Works.Record((now - begun).TotalSeconds, _tag);
        if (!succeeded)
            Retries.Add(1, _tag);
    }

    private static IEnumerable<Measurement<double>> Sums(Func<WorkQueueInstruments, TimeProvider, double> figure) => Shown
        .GroupBy(static shown => shown.Key._tag.Value)
        .Select(queues => new Measurement<double>(queues.Sum(shown => figure(shown.Key, shown.Value)), queues.First().Key._tag));

    private double UnfinishedSeconds(DateTimeOffset now)
    {
        lock (_gate)
            return TimeSpan.FromTicks((_working * now.UtcTicks) - _begunTicks).TotalSeconds;
    }

    private sealed class Showing(WorkQueueInstruments queue) : IDisposable
    {
        public void Dispose() => Shown.TryRemove(queue, out _);
    }
}
