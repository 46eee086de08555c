using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Events;

/// <summary>
/// Reports objects that could not be handled: with a counter, a warning in the log, and an event on the object. A faulty object must
/// not affect others, and its owner must see what is wrong.
/// </summary>
/// <remarks>Each failure of an object is counted; it is reported once a minute.</remarks>
internal sealed partial class ObjectFaults(EventRecorder events, TimeProvider time, ILogger<ObjectFaults> logger)
{
    /// <summary>The reason of the events.</summary>
    public const string Reason = "FailedHandling";

    // The objects with a recent report. Beyond that all are forgotten, which repeats some reports.
    private const int RememberedMax = 4096;

    // Seldom enough for the log, and often enough to raise an event's count while the fault lasts.
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Component, ResourceName Resource, ObjectKey Key), long> _reported = [];

    /// <summary>Whether the object itself is at fault, and not the store, a concurrent writer or the load: waiting does not help
    /// then.</summary>
    public static bool IsOfTheObject(Exception fault) => fault switch
    {
        ApiException refused => refused.Code is 400 or 403 or 413 or 422 or 500,
        OperationCanceledException => false,
        _ => !StoreFaults.IsTransient(fault),
    };

    /// <summary>Handles one of many objects. If that throws, it reports the object and lets the caller go on.</summary>
    /// <returns>Whether it was handled.</returns>
    public bool Try(string component, StoredObject obj, Action<StoredObject> handle)
    {
        try
        {
            handle(obj);
            return true;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            Report(component, obj, fault);
            return false;
        }
    }

    /// <summary>Reports an object that could not be handled.</summary>
    /// <param name="component">The component that failed.</param>
    /// <param name="obj">The object.</param>
    /// <param name="fault">The exception.</param>
    public void Report(string component, StoredObject obj, Exception fault) =>
        Report(component, obj.Definition.Name, obj.Key, obj, fault);

    /// <summary>Reports an object that could not be handled.</summary>
    /// <param name="component">The component that failed.</param>
    /// <param name="resource">Its resource.</param>
    /// <param name="key">Its key.</param>
    /// <param name="obj">The object, for the event; null if it is gone.</param>
    /// <param name="fault">The exception.</param>
    public void Report(string component, ResourceName resource, ObjectKey key, StoredObject? obj, Exception fault)
    {
        LoopInstruments.ObjectFailed(component);
        if (!IsOfTheObject(fault))
        {
            // The store or another silo cannot be reached, which affects all objects. Other components report that once.
            LogPostponed(fault, component, resource, key);
            return;
        }

        if (!IsReportDue((component, resource, key)))
            return;
        LogSetAside(fault, component, resource, key);
        if (obj is not null)
            events.Record(obj, component, "Warning", Reason, fault is ApiException ? fault.Message : $"{fault.GetType().Name}: {fault.Message}");
    }

    private bool IsReportDue((string, ResourceName, ObjectKey) whom)
    {
        lock (_gate)
        {
            if (_reported.TryGetValue(whom, out var last) && time.GetElapsedTime(last) < RepeatAfter)
                return false;
            if (_reported.Count >= RememberedMax)
                _reported.Clear();
            _reported[whom] = time.GetTimestamp();
            return true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The {Component} could not handle {Resource} {Key}, which is set aside and tried again")]
    private partial void LogSetAside(Exception exception, string component, ResourceName resource, ObjectKey key);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The {Component} could not handle {Resource} {Key} now, and tries again")]
    private partial void LogPostponed(Exception exception, string component, ResourceName resource, ObjectKey key);
}
