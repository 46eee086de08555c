using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Events;

/// <summary>Records events of pods and services. A repeated event raises the count of the first one.</summary>
/// <remarks>
/// Events are best effort: when the API is away or slow they are dropped, and nothing waits for them. As in Kubernetes' clients, an
/// object may have a burst of 25 events, and one more every five minutes, so that a noisy object takes nothing from the others.
/// </remarks>
internal sealed partial class EventRecorder(
    ClusterConnection api, string nodeName, bool recordsPods, TimeProvider timeProvider, ILogger logger)
{
    // A burst of every pod of a full node; beyond that the API is away, and old events are worth little.
    private const int QueueMax = 1024;
    // Some events for each pod of a node. Beyond that all are forgotten, and a repeated event is a new one.
    private const int RememberedMax = 1024;
    // The burst of Kubernetes' event spam filter; RefillOfObject is its refill.
    private const int BurstOfObject = 25;
    // The longest note of an event that Kubernetes' validation accepts.
    private const int MessageCharsMax = 1024;
    // The longest name of an object: a DNS subdomain (RFC 1123).
    private const int NameCharsMax = 253;

    private static readonly TimeSpan RefillOfObject = TimeSpan.FromMinutes(5);

    private readonly KeyedBudget<string> _budget = new(BurstOfObject, RefillOfObject, RememberedMax, timeProvider);

    private readonly Channel<(EventKey Key, V1ObjectReference Object, DateTimeOffset Time)> _queue =
        Channel.CreateBounded<(EventKey, V1ObjectReference, DateTimeOffset)>(
            new BoundedChannelOptions(QueueMax) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly OrderedDictionary<EventKey, (string Name, int Count)> _remembered = [];

    /// <summary>Records an event of the pod, or of one of its containers.</summary>
    public void Record(V1Pod pod, string? container, EventType type, string reason, string message)
    {
        if (!recordsPods)
            return;
        var fieldPath = container is null ? null
            : pod.Spec.InitContainers?.Any(c => c.Name == container) == true ? $"spec.initContainers{{{container}}}"
            : pod.Spec.EphemeralContainers?.Any(c => c.Name == container) == true ? $"spec.ephemeralContainers{{{container}}}"
            : $"spec.containers{{{container}}}";
        Record("kubelet", "Pod", pod.Metadata, fieldPath, type, reason, message);
    }

    /// <summary>Records an event of a service on this node.</summary>
    public void Record(string component, V1Service service, EventType type, string reason, string message) =>
        Record(component, "Service", service.Metadata, null, type, reason, message);

    /// <summary>Records an event of a persistent volume on this node.</summary>
    public void Record(V1PersistentVolume volume, EventType type, string reason, string message) =>
        Record("kubelet", "PersistentVolume", volume.Metadata, null, type, reason, message);

    /// <summary>Records an event of this node.</summary>
    public void RecordOfNode(EventType type, string reason, string message) =>
        Record("kubelet", "Node", new V1ObjectMeta { Name = nodeName, Uid = nodeName }, null, type, reason, message);

    private void Record(string component, string kind, V1ObjectMeta metadata, string? fieldPath, EventType type, string reason, string message)
    {
        if (!_budget.TryTake(metadata.Uid ?? metadata.Name))
            return;
        var reference = new V1ObjectReference
        {
            ApiVersion = "v1",
            Kind = kind,
            Name = metadata.Name,
            NamespaceProperty = metadata.NamespaceProperty,
            Uid = metadata.Uid,
            ResourceVersion = metadata.ResourceVersion,
            FieldPath = fieldPath,
        };
        var key = new EventKey(component, metadata.Uid ?? "", fieldPath, type.ToString(), reason, Cut(message, MessageCharsMax));
        _queue.Writer.TryWrite((key, reference, timeProvider.GetUtcNow()));
    }

    /// <summary>Sends recorded events until the token ends it.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("event recorder", SendNextAsync, timeProvider, logger, cancellationToken);

    private async Task<TimeSpan?> SendNextAsync(CancellationToken cancellationToken)
    {
        var (key, reference, time) = await _queue.Reader.ReadAsync(cancellationToken);
        await SendAsync(key, reference, time, cancellationToken);
        return TimeSpan.Zero;
    }

    private async Task SendAsync(EventKey key, V1ObjectReference reference, DateTimeOffset time, CancellationToken cancellationToken)
    {
        try
        {
            if (!_remembered.TryGetValue(key, out var sent) || !await CountAsync(reference, sent, time, cancellationToken))
                sent = (await CreateAsync(key, reference, time, cancellationToken), 0);
            _remembered.Remove(key);
            _remembered.Add(key, (sent.Name, sent.Count + 1));
            if (_remembered.Count > RememberedMax)
                _remembered.RemoveAt(0);
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            LogDropped(key.Reason, NamespaceOf(reference), reference.Name, exception.Message);
        }
    }

    private async Task<string> CreateAsync(EventKey key, V1ObjectReference reference, DateTimeOffset time, CancellationToken cancellationToken)
    {
        // The object's name may already be as long as names may be.
        var suffix = string.Create(CultureInfo.InvariantCulture, $".{time.UtcTicks:x}{Random.Shared.Next():x8}");
        var name = Cut(reference.Name, NameCharsMax - suffix.Length).TrimEnd('-', '.') + suffix;
        var at = WireTime.Seconds(time);
        await api.CreateAsync(
            ResourcePath.Events(NamespaceOf(reference)),
            new Corev1Event
            {
                ApiVersion = "v1",
                Kind = "Event",
                Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = NamespaceOf(reference) },
                InvolvedObject = reference,
                Type = key.Type,
                Reason = key.Reason,
                Message = key.Message,
                Count = 1,
                FirstTimestamp = at,
                LastTimestamp = at,
                Source = new V1EventSource { Component = key.Component, Host = nodeName },
                ReportingComponent = key.Component,
                ReportingInstance = nodeName,
            },
            cancellationToken);
        return name;
    }

    /// <summary>Raises the count of an event; false if it has expired.</summary>
    private async Task<bool> CountAsync(
        V1ObjectReference reference, (string Name, int Count) sent, DateTimeOffset time, CancellationToken cancellationToken)
    {
        var patch = new JsonObject
        {
            ["count"] = sent.Count + 1,
            ["lastTimestamp"] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };
        try
        {
            var path = ResourcePath.Event(NamespaceOf(reference), sent.Name);
            await api.MergePatchAsync<Corev1Event>(path, Encoding.UTF8.GetBytes(patch.ToJsonString()), cancellationToken);
            return true;
        }
        catch (ApiException exception) when (exception.IsNotFound)
        {
            return false;
        }
    }

    // Events of objects without a namespace are in this one.
    private static string NamespaceOf(V1ObjectReference reference) => string.IsNullOrEmpty(reference.NamespaceProperty) ? "default" : reference.NamespaceProperty;

    private static string Cut(string text, int charsMax) => text.Length <= charsMax ? text : text[..charsMax];

    [LoggerMessage(Level = LogLevel.Debug, Message = "The event {Reason} of {Namespace}/{Name} was dropped: {Cause}")]
    private partial void LogDropped(string reason, string @namespace, string name, string cause);
}
