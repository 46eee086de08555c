using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Events;

/// <summary>An event to be recorded about an object.</summary>
/// <param name="Involved">The object.</param>
/// <param name="Component">The event's source, such as <c>default-scheduler</c>.</param>
/// <param name="Type"><c>Normal</c> or <c>Warning</c>.</param>
/// <param name="Reason">A short CamelCase reason.</param>
/// <param name="Message">What happened.</param>
internal sealed record RecordedEvent(V1ObjectReference Involved, string Component, string Type, string Reason, string Message);

/// <summary>
/// Writes the control plane's events in the background, so that they never delay the work that they report. If the queue is full, the
/// namespace with the most events loses its oldest; namespaces take turns. A repeated event raises the count of the first one. As in
/// Kubernetes' clients, an object may have a burst of 25 events, and one more every five minutes.
/// </summary>
internal sealed partial class EventRecorder : BackgroundService
{
    // Some seconds of writes, in a few megabytes. More would report old news under overload.
    private const int QueuedMax = 4096;
    // The size of the cache of Kubernetes' event correlator.
    private const int RememberedMax = 4096;
    // The burst of Kubernetes' event spam filter; RefillOfObject is its refill.
    private const int BurstOfObject = 25;
    // The longest note of an event that Kubernetes' validation accepts.
    private const int MessageCharsMax = 1024;
    // The longest name of an object: a DNS subdomain (RFC 1123).
    private const int NameCharsMax = 253;

    // The refill of Kubernetes' event spam filter.
    private static readonly TimeSpan RefillOfObject = TimeSpan.FromMinutes(5);

    private readonly IObjectClient _objects;
    private readonly ResourceRegistry _registry;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly KeyedBudget<(string Uid, string Component)> _budget;
    private readonly SupervisedLoop _loop;
    private readonly Lock _gate = new();
    private readonly FairQueue<RecordedEvent> _queue = new(QueuedMax);
    private readonly Dictionary<RecordedEvent, (ObjectKey Key, int Count)> _written = [];

    public EventRecorder(IObjectClient objects, ResourceRegistry registry, TimeProvider time, ILogger<EventRecorder> logger)
    {
        _objects = objects;
        _registry = registry;
        _time = time;
        _logger = logger;
        _budget = new KeyedBudget<(string Uid, string Component)>(BurstOfObject, RefillOfObject, RememberedMax, time);
        _loop = new SupervisedLoop("event recorder", WriteNextAsync, time, logger);
    }

    /// <summary>Records an event of an object.</summary>
    public void Record(StoredObject involved, string component, string type, string reason, string message)
    {
        if (!_budget.TryTake((involved.Uid, component)))
            return;
        var reference = new V1ObjectReference
        {
            ApiVersion = involved.Definition.ApiVersion,
            Kind = involved.Definition.Kind,
            NamespaceProperty = involved.Key.Namespace.Length > 0 ? involved.Key.Namespace : null,
            Name = involved.Key.Name,
            Uid = involved.Uid,
        };
        var recorded = new RecordedEvent(reference, component, type, reason, Cut(message, MessageCharsMax));
        lock (_gate)
            _queue.Enqueue(involved.Key.Namespace, recorded);
        _loop.Signal();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _loop.RunAsync(stoppingToken);

    private async Task<TimeSpan?> WriteNextAsync(CancellationToken cancellationToken)
    {
        if (!TryTake(out var recorded))
            return null;
        try
        {
            await WriteAsync(recorded, cancellationToken);
        }
        catch (ApiException refused)
        {
            LogDropped(refused.Message);
        }

        return TimeSpan.Zero;
    }

    private bool TryTake([NotNullWhen(true)] out RecordedEvent? recorded)
    {
        lock (_gate)
            return _queue.TryDequeue(out recorded);
    }

    private async Task WriteAsync(RecordedEvent recorded, CancellationToken cancellationToken)
    {
        if (_written.TryGetValue(recorded, out var earlier) && await TryCountAsync(earlier.Key, earlier.Count + 1, cancellationToken))
        {
            _written[recorded] = earlier with { Count = earlier.Count + 1 };
            return;
        }

        if (_written.Count >= RememberedMax)
            _written.Clear();
        var obj = NewEvent(recorded);
        await _objects.CreateAsync(
            _registry[WellKnownResources.Events].Storage, obj.Metadata.NamespaceProperty, obj, WriteOptions.ControlPlane, cancellationToken);
        _written[recorded] = (new ObjectKey(obj.Metadata.NamespaceProperty, obj.Metadata.Name), 1);
    }

    private async Task<bool> TryCountAsync(ObjectKey key, int count, CancellationToken cancellationToken)
    {
        var now = ObjectMetaRules.TruncateToSeconds(_time.GetUtcNow()).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var patch = ObjectCodec.Encode(new Dictionary<string, object> { ["count"] = count, ["lastTimestamp"] = now });
        try
        {
            await _objects.PatchAsync(
                new ObjectReference(_registry[WellKnownResources.Events], key), PatchType.MergePatch, patch, WriteOptions.ControlPlane, cancellationToken);
            return true;
        }
        catch (ApiException expired) when (expired.Code == 404)
        {
            return false;
        }
    }

    private Corev1Event NewEvent(RecordedEvent recorded)
    {
        var now = _time.GetUtcNow();
        var suffix = string.Create(CultureInfo.InvariantCulture, $".{now.UtcTicks:x}");
        return new Corev1Event
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = recorded.Involved.NamespaceProperty ?? "default",
                // The involved object's name may already be as long as names may be.
                Name = Cut(recorded.Involved.Name, NameCharsMax - suffix.Length).TrimEnd('-', '.') + suffix,
            },
            InvolvedObject = recorded.Involved,
            Type = recorded.Type,
            Reason = recorded.Reason,
            Message = recorded.Message,
            Source = new V1EventSource { Component = recorded.Component },
            ReportingComponent = recorded.Component,
            ReportingInstance = "",
            Count = 1,
            FirstTimestamp = ObjectMetaRules.TruncateToSeconds(now),
            LastTimestamp = ObjectMetaRules.TruncateToSeconds(now),
        };
    }

    private static string Cut(string text, int charsMax) => text.Length <= charsMax ? text : text[..charsMax];

    [LoggerMessage(Level = LogLevel.Debug, Message = "An event was not recorded: {Why}")]
    private partial void LogDropped(string why);
}
