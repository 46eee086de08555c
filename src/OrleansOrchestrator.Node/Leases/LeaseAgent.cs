using System.Net.Http.Headers;
using System.Text;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Telemetry;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>Renews the node's lease, the heartbeat that tells the control plane that the node is alive.</summary>
/// <param name="api">The connection to the control plane.</param>
/// <param name="nodeName">The node.</param>
/// <param name="times">The times of the cluster.</param>
/// <param name="interval">How often the lease is renewed.</param>
/// <param name="clock">Receives acknowledgements.</param>
/// <param name="vote">The node's vote, which renewals report.</param>
/// <param name="views">The node's view, which renewals report.</param>
/// <param name="isActedBy">Makes the guard act by the view with this id before the control plane relies on it.</param>
/// <param name="returned">Called when a long silence has ended.</param>
/// <param name="instruments">Records renewals.</param>
/// <param name="timeProvider">The clock of all delays.</param>
/// <param name="logger">Receives the agent's log.</param>
internal sealed partial class LeaseAgent(
    ClusterConnection api,
    string nodeName,
    FencingTimes times,
    TimeSpan interval,
    LeaseClock clock,
    NodeVote vote,
    FencingViews views,
    Func<string, bool> isActedBy,
    Action returned,
    NodeInstruments instruments,
    TimeProvider timeProvider,
    ILogger logger)
{
    // Fast, because a missing renewal stops pods after the fencing time.
    private static readonly Backoff LoopBackoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1));

    /// <summary>How long a server may take to answer before another one is asked as well. The first call goes on.</summary>
    private readonly TimeSpan _patience = interval / 2;

    private bool _isFailing;
    private volatile string? _fault;
    private SupervisedLoop? _loop;

    /// <summary>Why the node must not accept pods: the control plane uses other times than this daemon. Null if they agree.</summary>
    /// <remarks>Until it is resolved the node's votes do not count, and the control plane does not replace its pods.</remarks>
    public string? Fault => _fault;

    /// <summary>Renews at once, or once more if a renewal is under way.</summary>
    public void Renew() => _loop?.Signal();

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
        return interval - timeProvider.GetElapsedTime(start);
    }

    /// <summary>Asks one server after the other, and uses the first acknowledgement.</summary>
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        // A hung renewal must not delay the next one beyond what fencing allows.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(interval * 2);
        var servers = api.Servers.InTurn;
        var tries = new List<Task<Acknowledgement>>();
        foreach (var server in servers)
        {
            tries.Add(TryAsync(server, timeout.Token));
            var patience = Task.Delay(server == servers[^1] ? Timeout.InfiniteTimeSpan : _patience, timeProvider, timeout.Token);
            if (await FirstOfAsync(tries, patience) is not { } acknowledged)
                continue;
            await timeout.CancelAsync();
            Note(acknowledged);
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        instruments.Renewed(false, TimeSpan.Zero);
        if (!_isFailing)
            LogFailed(nodeName, Why(tries));
        _isFailing = true;
    }

    /// <summary>The first attempt that succeeds; null if all have failed or the time is over.</summary>
    private static async Task<Acknowledgement?> FirstOfAsync(List<Task<Acknowledgement>> tries, Task patience)
    {
        while (true)
        {
            if (tries.Find(attempt => attempt.IsCompletedSuccessfully) is { } succeeded)
                return await succeeded;
            if (patience.IsCompleted || tries.TrueForAll(attempt => attempt.IsCompleted))
                return null;
            await Task.WhenAny([patience, .. tries.Where(attempt => !attempt.IsCompleted)]);
        }
    }

    private void Note(Acknowledgement acknowledged)
    {
        api.Servers.MoveTo(acknowledged.Server);
        CompareTimes(acknowledged.Times);

        // State that the next daemon needs is stored before a beat is accepted that the node may report.
        var silence = clock.SinceAcknowledged;
        instruments.Renewed(true, silence - interval);
        clock.Acknowledge(acknowledged.Sent, times.FencingTime);
        vote.Acknowledge(_fault is null ? acknowledged.Beat : null);
        if (silence > times.LeaseDuration / 2)
            returned();
        if (_isFailing)
            LogRecovered(nodeName);
        _isFailing = false;
    }

    private void CompareTimes(string? published)
    {
        var own = times.ToString();
        var fault = published is null || published == own ? null : $"the control plane fences nodes by other times ({published}) than this daemon ({own}): give both the same ones";
        if (fault is not null && fault != _fault)
            LogOtherTimes(nodeName, fault);
        _fault = fault;
    }

    /// <summary>Patches without a resource version: the node is the only writer, and a lost answer must not cause a conflict.</summary>
    private async Task<Acknowledgement> TryAsync(Uri server, CancellationToken cancellationToken)
    {
        var sent = clock.Now;
        var lease = new V1Lease
        {
            ApiVersion = "coordination.k8s.io/v1",
            Kind = "Lease",
            Metadata = new V1ObjectMeta
            {
                Name = nodeName,
                NamespaceProperty = ResourcePath.NodeLeaseNamespace,
                Annotations = new Dictionary<string, string> { [VoteReport.Annotation] = vote.Report(views.IdToReport(isActedBy)).ToString() },
            },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = nodeName,
                LeaseDurationSeconds = (int)Math.Ceiling(times.LeaseDuration.TotalSeconds),
                RenewTime = sent.Wall.UtcDateTime,
            },
        };
        var body = Encoding.UTF8.GetBytes(KubernetesJson.Serialize(lease));
        HttpResponseHeaders answer;
        try
        {
            answer = await api.WriteToAsync(server, HttpMethod.Patch, ResourcePath.NodeLease(nodeName), body, "application/merge-patch+json", cancellationToken);
        }
        catch (ApiException exception) when (exception.IsNotFound)
        {
            answer = await api.WriteToAsync(server, HttpMethod.Post, ResourcePath.NodeLeases, body, "application/json", cancellationToken);
        }

        return new Acknowledgement(server, sent, ValueOf(answer, VoteReport.BeatHeader), ValueOf(answer, FencingTimes.Header));
    }

    private static string? ValueOf(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static string Why(List<Task<Acknowledgement>> tries) =>
        tries.Select(attempt => attempt.Exception?.InnerException?.Message).FirstOrDefault(message => message is not null) ?? "no answer";

    private readonly record struct Acknowledgement(Uri Server, LeaseClock.Moment Sent, string? Beat, string? Times);

    [LoggerMessage(Level = LogLevel.Error, Message = "Node {Node} takes no pods: {Fault}")]
    private partial void LogOtherTimes(string node, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of node {Node} could not be renewed: {Reason}")]
    private partial void LogFailed(string node, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of node {Node} is renewed again")]
    private partial void LogRecovered(string node);
}
