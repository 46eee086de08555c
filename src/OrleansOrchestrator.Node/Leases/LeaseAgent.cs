using System.Text;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>Renews the node's lease, the heartbeat by which the control plane knows that the node is alive.</summary>
internal sealed partial class LeaseAgent(
    ClusterConnection api,
    string nodeName,
    TimeSpan duration,
    TimeSpan interval,
    LeaseClock clock,
    Action returned,
    TimeProvider timeProvider,
    ILogger logger)
{
    private static readonly TimeSpan IntervalMin = TimeSpan.FromMilliseconds(250);
    private static readonly Backoff LoopBackoff = new(IntervalMin, TimeSpan.FromSeconds(1));

    private SupervisedLoop? _loop;
    private bool _isFailing;
    private long _intervalTicks = interval.Ticks;

    private TimeSpan Interval => TimeSpan.FromTicks(Interlocked.Read(ref _intervalTicks));

    /// <summary>Renews at least this often from now on; true if that is more often than before, and so renews at once.</summary>
    public bool LimitInterval(TimeSpan limit)
    {
        var wanted = Math.Max((limit < interval ? limit : interval).Ticks, IntervalMin.Ticks);
        if (Interlocked.Exchange(ref _intervalTicks, wanted) <= wanted)
            return false;
        _loop?.Signal();
        return true;
    }

    /// <summary>Renews until the token ends it, whatever happens.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var loop = new SupervisedLoop("lease agent", RenewInTimeAsync, timeProvider, logger, LoopBackoff);
        _loop = loop;
        await loop.RunAsync(cancellationToken);
    }

    private async Task<TimeSpan?> RenewInTimeAsync(CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        await RenewAsync(cancellationToken);
        return Interval - timeProvider.GetElapsedTime(start);
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var sent = clock.Now;
        try
        {
            // A renewal that hangs must not delay the next one beyond what fencing allows.
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(Interval * 2);
            await PatchOrCreateAsync(sent.Wall, timeout.Token);
            var silence = clock.SinceAcknowledged;
            clock.Acknowledge(sent);
            if (silence > duration / 2)
                returned();
            if (_isFailing)
                LogRecovered(nodeName);
            _isFailing = false;
        }
        catch (Exception exception) when (Reflector<V1Lease>.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            if (!_isFailing)
                LogFailed(nodeName, exception.Message);
            _isFailing = true;
        }
    }

    /// <summary>Patches without a resource version: the node is the only writer, and a lost answer must not cause a conflict.</summary>
    private async Task PatchOrCreateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var lease = new V1Lease
        {
            ApiVersion = "coordination.k8s.io/v1",
            Kind = "Lease",
            Metadata = new V1ObjectMeta { Name = nodeName, NamespaceProperty = ResourcePath.NodeLeaseNamespace },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = nodeName,
                LeaseDurationSeconds = (int)Math.Ceiling(duration.TotalSeconds),
                RenewTime = now.UtcDateTime,
            },
        };
        try
        {
            var patch = Encoding.UTF8.GetBytes(KubernetesJson.Serialize(new V1Lease { Spec = lease.Spec }));
            await api.MergePatchAsync<V1Lease>(ResourcePath.NodeLease(nodeName), patch, cancellationToken);
        }
        catch (ApiException exception) when (exception.IsNotFound)
        {
            await api.CreateAsync(ResourcePath.NodeLeases, lease, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of node {Node} could not be renewed: {Reason}")]
    private partial void LogFailed(string node, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The lease of node {Node} is renewed again")]
    private partial void LogRecovered(string node);
}
