using System.Text;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
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

    private bool _isFailing;
    private long _intervalTicks = interval.Ticks;

    private TimeSpan Interval => TimeSpan.FromTicks(Interlocked.Read(ref _intervalTicks));

    /// <summary>Renews at least this often from the next renewal on.</summary>
    public void LimitInterval(TimeSpan limit)
    {
        var wanted = limit < interval ? limit : interval;
        Interlocked.Exchange(ref _intervalTicks, Math.Max(wanted.Ticks, IntervalMin.Ticks));
    }

    /// <summary>Renews until the token ends it, whatever happens.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, timeProvider);
        try
        {
            do
            {
                await RenewAsync(cancellationToken);
                if (timer.Period != Interval)
                    timer.Period = Interval;
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The agent stops.
        }
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
