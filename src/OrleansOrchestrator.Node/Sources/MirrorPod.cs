using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Status;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>Keeps one mirror pod: creates it, deletes it when it shows something else or when somebody deletes it, and reports its status.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/kubelet/pod/mirror_client.go. Each has a loop of its own, so that one whose creation is refused
/// delays no other.</remarks>
internal sealed partial class MirrorPod : IAsyncDisposable
{
    // A refusal stays until somebody changes something, such as the namespace of the pod.
    private static readonly Backoff Refusals = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    private readonly ClusterConnection _api;
    private readonly string _nodeName;
    private readonly PodKey _key;
    private readonly Func<bool> _isListed;
    private readonly Func<PodKey, MirrorPod, bool> _tryDrop;
    private readonly ILogger _logger;
    private readonly SupervisedLoop _loop;
    private readonly RetryDelay _delay = new(ApiServers.Retries, Random.Shared);
    private readonly RetryDelay _refusals = new(Refusals);
    private volatile V1Pod? _pod;
    private volatile V1PodStatus? _status;
    private volatile V1Pod? _mirror;
    private PodStatusWriter? _writer;
    private string? _writerOf;
    private string? _fault;

    /// <param name="api">The API.</param>
    /// <param name="nodeName">The node, which owns the mirror pod.</param>
    /// <param name="key">The pod.</param>
    /// <param name="isListed">Whether it is known which mirror pods there are.</param>
    /// <param name="tryDrop">Ends this object if there is nothing to keep.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Receives faults.</param>
    public MirrorPod(
        ClusterConnection api, string nodeName, PodKey key, Func<bool> isListed, Func<PodKey, MirrorPod, bool> tryDrop, TimeProvider timeProvider, ILogger logger)
    {
        (_api, _nodeName, _key, _isListed, _tryDrop, _logger) = (api, nodeName, key, isListed, tryDrop, logger);
        _loop = new SupervisedLoop("mirror pod", StepAsync, timeProvider, logger);
    }

    /// <summary>Whether there neither is nor should be a mirror pod.</summary>
    public bool IsNothing => _pod is null && _mirror is null;

    /// <summary>Shows a static pod; null shows none.</summary>
    public void Show(V1Pod? pod)
    {
        if (pod?.Metadata.Uid != _pod?.Metadata.Uid)
            _status = null;
        _pod = pod;
        _loop.Signal();
    }

    /// <summary>Shows the status of the static pod, unless another one has its place by now.</summary>
    public void Report(V1Pod pod, V1PodStatus status)
    {
        if (_pod?.Metadata.Uid != pod.Metadata.Uid)
            return;
        _status = status;
        _loop.Signal();
    }

    /// <summary>The API has this mirror pod, or none.</summary>
    public void See(V1Pod? mirror)
    {
        _mirror = mirror;
        _loop.Signal();
    }

    /// <summary>The API has this mirror pod no more.</summary>
    public void Forget(string uid)
    {
        if (_mirror?.Metadata.Uid == uid)
            See(null);
    }

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private async Task<TimeSpan?> StepAsync(CancellationToken cancellationToken)
    {
        if (!_isListed())
            return null;
        try
        {
            var wait = await KeepAsync(cancellationToken);
            _delay.Reset();
            return wait;
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            if (exception is not ApiException { IsRefusal: true } refusal)
                return _delay.Next((exception as ApiException)?.RetryAfter);
            if (_fault != refusal.Message)
                LogRefused(_key, refusal.Message);
            _fault = refusal.Message;
            return _refusals.Next();
        }
    }

    private async Task<TimeSpan?> KeepAsync(CancellationToken cancellationToken)
    {
        var (pod, mirror) = (_pod, _mirror);
        if (mirror is not null && (pod is null || mirror.Metadata.DeletionTimestamp is not null || !Shows(mirror, pod)))
        {
            // The watch tells when it is gone.
            await ApiPodSource.DeleteAsync(_api, mirror, cancellationToken);
            return null;
        }

        if (pod is null)
        {
            if (mirror is null && _tryDrop(_key, this))
                _loop.Stop();
            return null;
        }

        if (mirror is null && (mirror = await CreateAsync(pod, cancellationToken)) is null)
            return _refusals.Next();
        // The watch may have shown it already.
        Interlocked.CompareExchange(ref _mirror, mirror, null);
        if (_status is { } status
            && !await WriterOf(mirror).WriteAsync(mirror, status with { ObservedGeneration = mirror.Metadata.Generation }, cancellationToken))
        {
            Forget(mirror.Metadata.Uid);
        }

        _fault = null;
        _refusals.Reset();
        return null;
    }

    private PodStatusWriter WriterOf(V1Pod mirror)
    {
        if (_writer is { } present && _writerOf == mirror.Metadata.Uid)
            return present;
        _writerOf = mirror.Metadata.Uid;
        return _writer = new PodStatusWriter(_api);
    }

    /// <returns>The mirror pod; null if it cannot be created now.</returns>
    private async Task<V1Pod?> CreateAsync(V1Pod pod, CancellationToken cancellationToken)
    {
        var node = await _api.GetAsync<V1Node>(ResourcePath.Node(_nodeName), cancellationToken);

        // What a node owns goes with it.
        if (node.Metadata.DeletionTimestamp is not null)
            return null;
        try
        {
            return await _api.CreateAsync(ResourcePath.PodsOf(pod.Metadata.NamespaceProperty), MirrorOf(pod, node), cancellationToken);
        }
        catch (ApiException exception) when (exception.IsConflict)
        {
            var present = await _api.GetAsync<V1Pod>(ResourcePath.Of(pod), cancellationToken);
            return Shows(present, pod) ? present : throw new ApiException(exception.StatusCode, null, "a pod of the same name is in the API");
        }
    }

    private V1Pod MirrorOf(V1Pod pod, V1Node node)
    {
        var mirror = ObjectCodec.Clone(pod);
        mirror.ApiVersion = "v1";
        mirror.Kind = "Pod";
        mirror.Metadata.Uid = null;
        mirror.Metadata.Annotations[StaticPods.MirrorAnnotation] = pod.Metadata.Annotations[StaticPods.HashAnnotation];
        mirror.Metadata.OwnerReferences = [new V1OwnerReference { ApiVersion = "v1", Kind = "Node", Name = _nodeName, Uid = node.Metadata.Uid, Controller = true }];
        mirror.Status = null;
        return mirror;
    }

    /// <summary>Whether a pod of the API is the mirror pod of this very pod.</summary>
    private static bool Shows(V1Pod mirror, V1Pod pod) =>
        mirror.IsMirror && mirror.Metadata.Annotations[StaticPods.MirrorAnnotation] == pod.Metadata.Annotations[StaticPods.HashAnnotation];

    [LoggerMessage(Level = LogLevel.Warning, Message = "The static pod {Pod} runs, but the API does not show it: {Reason}")]
    private partial void LogRefused(PodKey pod, string reason);
}
