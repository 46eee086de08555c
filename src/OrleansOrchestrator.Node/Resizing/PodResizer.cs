using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Resizing;

/// <summary>Follows what one pod asks for: keeps what the node has granted, and tells of it in events.</summary>
/// <param name="uid">The pod's uid.</param>
/// <param name="admitted">What the node has granted to all pods.</param>
/// <param name="runtime">The runtime.</param>
/// <param name="events">Records events.</param>
/// <param name="directory">The pod's folder; null if nothing is kept.</param>
/// <param name="logger">Where it logs.</param>
internal sealed partial class PodResizer(
    string uid, AdmittedPods admitted, IContainerRuntime runtime, EventRecorder events, string? directory, ILogger logger)
{
    // Quotation marks within texts stay readable.
    private static readonly JsonSerializerOptions EventJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // In the file of the pod's folder.
    private Allocation? _kept;

    // What the containers are to have.
    private Allocation? _followed;
    private bool _hasLooked;
    private PendingResize? _told;
    private long? _grantedGeneration;
    private bool _isInProgress;

    /// <summary>Grants what the pod asks for, if that is possible now.</summary>
    /// <returns>The pod with what is granted to it in place of what it asks for, and what is missing.</returns>
    public (V1Pod Pod, PodResizeState State) Allocate(V1Pod pod)
    {
        var before = admitted.AllocationOf(uid);
        if (before is null)
            return (_followed?.ApplyTo(pod) ?? pod, PodResizeState.None);
        _followed ??= before;
        if (!_hasLooked && (directory is null || Allocation.Read(directory) is not null))
            _kept = before;
        _hasLooked = true;
        var pending = runtime.CanResize || before.Grants(pod.Spec)
            ? admitted.Resize(pod)
            : new PendingResize(PodResize.Infeasible, "In-place pod resize is not supported on this node: its containers are processes of the host, without limits");
        var granted = admitted.AllocationOf(uid) ?? before;
        var allocated = granted.ApplyTo(pod);
        // Before anything is done by it, so that the next daemon knows of it.
        if (!ReferenceEquals(_kept, granted))
            Keep(granted);
        if (!ReferenceEquals(_followed, granted))
        {
            (_followed, _grantedGeneration) = (granted, pod.Metadata.Generation);
            Tell(allocated, EventType.Normal, "ResizeStarted", "Pod resize started", null);
        }

        if (pending is not null && pending != _told)
            Tell(pod, EventType.Warning, $"Resize{pending.Reason}", $"Pod resize {pending.Reason}", pending.Message);
        _told = pending;
        return (allocated, new PodResizeState { Pending = pending, GrantedGeneration = _grantedGeneration });
    }

    /// <summary>Notes whether the containers have what was granted, and tells when they do.</summary>
    public void Note(V1Pod allocated, bool isInProgress)
    {
        if (_isInProgress && !isInProgress)
            Tell(allocated, EventType.Normal, "ResizeCompleted", "Pod resize completed", null);
        _isInProgress = isInProgress;
    }

    /// <summary>Tells that a container could not get what was granted.</summary>
    public void NoteFailed(V1Pod allocated, string message) => Tell(allocated, EventType.Warning, "ResizeError", "Pod resize error", message);

    /// <summary>Keeps what was granted for the next daemon. Where that is not possible the pod goes on, and the next step tries again.</summary>
    private void Keep(Allocation granted)
    {
        try
        {
            if (directory is not null)
                granted.Write(directory);
            _kept = granted;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotKept(uid, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What pod {Uid} was granted cannot be written down: {Reason}")]
    private partial void LogNotKept(string uid, string reason);

    private void Tell(V1Pod pod, EventType type, string reason, string what, string? fault)
    {
        var summary = new JsonObject();
        if (pod.Spec.InitContainers is { Count: > 0 } init)
            summary["initContainers"] = ResourcesOf(init);
        summary["containers"] = ResourcesOf(pod.Spec.Containers);
        summary["generation"] = pod.Metadata.Generation;
        if (fault is not null)
            summary["error"] = fault;
        events.Record(pod, null, type, reason, $"{what}: {summary.ToJsonString(EventJson)}");
    }

    private static JsonArray ResourcesOf(IEnumerable<V1Container> containers) => [.. containers.Select(container => (JsonNode)new JsonObject
    {
        ["name"] = container.Name,
        ["resources"] = JsonNode.Parse(KubernetesJson.Serialize(container.Resources ?? new V1ResourceRequirements())),
    })];
}
