using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Telemetry;

/// <summary>Listens to the control plane of this process, and begins requests as the gateway's host does.</summary>
internal sealed class Activities : IDisposable
{
    private readonly ActivitySource _requests = new($"requests-{Guid.NewGuid():N}");
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public Activities()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ControlPlaneActivities.Name || source == _requests,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>What has ended, in this order.</summary>
    public IEnumerable<Activity> Ended => _ended;

    public Activity StartRequest(string? traceParent = null) => _requests.StartActivity(
        "request", ActivityKind.Server, traceParent is null ? default : ActivityContext.Parse(traceParent, null))!;

    /// <summary>Waits for the end of the first activity that is meant.</summary>
    public Task<Activity> EndedAsync(Func<Activity, bool> isMeant) => Eventually.AnswersAsync(() => _ended.FirstOrDefault(isMeant));

    public void Dispose()
    {
        _listener.Dispose();
        _requests.Dispose();
    }
}
