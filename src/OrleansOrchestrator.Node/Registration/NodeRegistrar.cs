using System.Text;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Registration;

/// <summary>Keeps the node object in the API: creates it if it is missing, and reports the node's status.</summary>
/// <remarks>It writes only labels, annotations and status fields of the daemon's own; taints and what others set stay.</remarks>
internal sealed partial class NodeRegistrar(
    ClusterConnection api, string nodeName, NodeObjectBuilder builder, Func<NodeHealth> health, IContainerRuntime runtime, TimeSpan period, TimeProvider timeProvider, ILogger logger)
{
    // How soon a changed fault of the node is reported, and a deleted node object created again.
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _reporting = new(1);
    private readonly SemaphoreSlim _registering = new(1);
    private readonly RetryDelay _delay = new(ApiServers.Retries, Random.Shared);
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private V1NodeStatus? _reported;
    private NodeHealth _reportedHealth;
    private IReadOnlyList<NodeImage> _images = [];
    private long? _reportedAt;
    private bool _isRegistered;
    private int _repeats;

    /// <summary>Completes when the node object first has this daemon's own fields.</summary>
    public Task Registered => _registered.Task;

    /// <summary>Completes when the control plane has first acknowledged that the node is Ready.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Why the control plane does not consider the node Ready, as far as known here; null if it does.</summary>
    public string? LastFault { get; private set; }

    /// <summary>Reports the status soon, and once more after that.</summary>
    /// <remarks>
    /// After a silence the control plane may have set the node's conditions to unknown, or may do so soon from an older observation.
    /// The second report corrects the latter.
    /// </remarks>
    public void Repeat() => Interlocked.Exchange(ref _repeats, 2);

    /// <summary>Registers, then reports until the token ends it, through outages of any length.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("node registrar", RegisterAndReportAsync, timeProvider, logger, cancellationToken);

    /// <summary>Reports the status now if it has changed.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_isRegistered)
                await ReportIfDueAsync(cancellationToken);
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            // The loop tries again.
            LogFailed(nodeName, exception.Message);
        }
    }

    /// <summary>Writes labels and annotations anew, because they have changed. Returns when the node object has them.</summary>
    /// <exception cref="ApiException">The control plane refuses, or the node object is gone.</exception>
    /// <exception cref="ApiUnavailableException">The control plane does not answer.</exception>
    public Task AnnounceAsync(CancellationToken cancellationToken) => InTurnAsync(() => WriteOwnAsync(cancellationToken), cancellationToken);

    private async Task<TimeSpan?> RegisterAndReportAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_isRegistered)
                await InTurnAsync(() => RegisterAsync(cancellationToken), cancellationToken);
            _isRegistered = true;
            _registered.TrySetResult();
            await ReportIfDueAsync(cancellationToken);
            _delay.Reset();
            return CheckInterval < period ? CheckInterval : period;
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            // A deleted node object is registered again.
            _isRegistered = _isRegistered && exception is not ApiException { IsNotFound: true };
            LastFault = exception.Message;
            LogFailed(nodeName, exception.Message);
            return _delay.Next((exception as ApiException)?.RetryAfter);
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var node = new V1Node
        {
            ApiVersion = "v1",
            Kind = "Node",
            Metadata = new V1ObjectMeta
            {
                Name = nodeName,
                Labels = new Dictionary<string, string>(builder.Labels),
                Annotations = new Dictionary<string, string>(builder.Annotations),
            },
            Spec = new V1NodeSpec(),
            Status = builder.Status(health(), _images, [], timeProvider.GetUtcNow()),
        };
        try
        {
            await api.CreateAsync(ResourcePath.Nodes, node, cancellationToken);
        }
        catch (ApiException exception) when (exception.IsConflict)
        {
            _reported = (await WriteOwnAsync(cancellationToken)).Status;
        }

        _reportedAt = null;
        LogRegistered(nodeName);
    }

    private Task<V1Node> WriteOwnAsync(CancellationToken cancellationToken)
    {
        var own = new V1Node
        {
            Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string>(builder.Labels), Annotations = new Dictionary<string, string>(builder.Annotations) },
        };
        return api.MergePatchAsync<V1Node>(ResourcePath.Node(nodeName), Encoding.UTF8.GetBytes(KubernetesJson.Serialize(own)), cancellationToken);
    }

    /// <summary>Writes what the node says of itself, one write after the other, so that an older one does not come last.</summary>
    private async Task InTurnAsync(Func<Task> write, CancellationToken cancellationToken)
    {
        await _registering.WaitAsync(cancellationToken);
        try
        {
            await write();
        }
        finally
        {
            _registering.Release();
        }
    }

    private async Task ReportIfDueAsync(CancellationToken cancellationToken)
    {
        await _reporting.WaitAsync(cancellationToken);
        try
        {
            await ReportOneAsync(cancellationToken);
        }
        finally
        {
            _reporting.Release();
        }
    }

    private async Task ReportOneAsync(CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        var current = health();
        var repeats = Volatile.Read(ref _repeats);
        var isDue = _reportedAt is not { } last || timeProvider.GetElapsedTime(last) >= period;
        if (_reportedHealth.SameAs(current) && !isDue && repeats == 0)
            return;
        await ListImagesAsync(cancellationToken);
        var status = builder.Status(current, _images, _reported?.Conditions ?? [], now);
        var patch = Encoding.UTF8.GetBytes(KubernetesJson.Serialize(new V1Node { Status = status }));
        await api.StrategicPatchAsync(ResourcePath.NodeStatus(nodeName), patch, cancellationToken);
        (_reported, _reportedHealth, _reportedAt) = (status, current, timeProvider.GetTimestamp());
        LastFault = current.Fault;
        if (current.Fault is null)
            _ready.TrySetResult();
        if (repeats > 0)
            Interlocked.CompareExchange(ref _repeats, repeats - 1, repeats);
    }

    /// <summary>Learns which images the node has, for the scheduler. A runtime that does not answer is no reason not to report.</summary>
    private async Task ListImagesAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (runtime is { HasImages: true, Fault: null })
                _images = await runtime.ListImagesAsync(cancellationToken);
        }
        catch (RuntimeException exception)
        {
            LogImagesUnknown(nodeName, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The images of node {Node} are not known: {Reason}")]
    private partial void LogImagesUnknown(string node, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} is registered")]
    private partial void LogRegistered(string node);

    [LoggerMessage(Level = LogLevel.Information, Message = "The status of node {Node} could not be reported: {Reason}")]
    private partial void LogFailed(string node, string reason);
}
