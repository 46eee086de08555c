using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Scheduling;

/// <summary>Writes what a scheduler decided: bindings, and why a pod has no node.</summary>
internal sealed partial class PlacementWriter(
    ObjectClient objects, WatchCaches caches, ResourceRegistry registry, EventRecorder events, TimeProvider time, ILogger<PlacementWriter> logger)
{
    /// <summary>Why a pod has no node: none fits.</summary>
    public const string Unschedulable = "Unschedulable";

    /// <summary>Why a pod has no node: it could not be judged.</summary>
    public const string SchedulerError = "SchedulerError";

    private const int ConditionsAtOnceMax = 64;

    private const int ConditionsWaitingMax = 20_000;

    private readonly Lock _gate = new();
    private readonly FairQueue<UnscheduledPod> _waiting = new(ConditionsWaitingMax);
    private int _conditionsUnderWay;

    /// <summary>Binds pods in one commit.</summary>
    /// <returns>For each, whether it is bound now.</returns>
    public async Task<IReadOnlyList<bool>> BindAsync(string scheduler, IReadOnlyList<(ObjectKey Pod, string Uid, string NodeName)> placements)
    {
        var cache = caches[registry[WellKnownResources.Pods]];
        var bound = new bool[placements.Count];
        var bindings = new List<(StoredObject Pod, string NodeName)>(placements.Count);
        var positions = new List<int>(placements.Count);
        for (var i = 0; i < placements.Count; i++)
        {
            if (cache.Find(placements[i].Pod) is not { } pod || pod.Uid != placements[i].Uid)
                continue;
            bindings.Add((pod, placements[i].NodeName));
            positions.Add(i);
        }

        var refusals = await objects.BindManyAsync(bindings);
        for (var i = 0; i < refusals.Count; i++)
        {
            var (pod, node) = bindings[i];
            bound[positions[i]] = refusals[i] is null;
            if (refusals[i] is { } refused)
                LogRefused(pod.Key, node, refused.Message);
            else
                events.Record(pod, scheduler, "Normal", "Scheduled", $"Successfully assigned {pod.Key} to {node}");
        }

        return bound;
    }

    /// <summary>
    /// Tells, in a pod's condition and in an event, why it has no node. Behind the scheduler's work, not in its way. Namespaces
    /// take turns; what does not fit is told with the pod's next attempt.
    /// </summary>
    public void TellUnschedulable(ObjectKey key, string uid, string scheduler, string reason, string message)
    {
        if (caches[registry[WellKnownResources.Pods]].Find(key) is not { } pod || pod.Uid != uid)
            return;
        events.Record(pod, scheduler, "Warning", "FailedScheduling", message);
        var present = pod.Peek<V1Pod>().Status?.Conditions?.FirstOrDefault(condition => condition.Type == "PodScheduled");
        if (present?.Message != message)
            Enqueue(new UnscheduledPod(pod, present, reason, message));
    }

    private void Enqueue(UnscheduledPod told)
    {
        lock (_gate)
        {
            if (_conditionsUnderWay == ConditionsAtOnceMax)
            {
                _waiting.Enqueue(told.Pod.Key.Namespace, told);
                return;
            }

            _conditionsUnderWay++;
        }

        _ = WriteConditionsAsync(told);
    }

    /// <summary>Writes a condition, and others as long as some wait.</summary>
    private async Task WriteConditionsAsync(UnscheduledPod told)
    {
        for (UnscheduledPod? next = told; next is not null; next = TakeNext())
            await WriteConditionAsync(next);
    }

    private UnscheduledPod? TakeNext()
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var next))
                return next;
            _conditionsUnderWay--;
            return null;
        }
    }

    private async Task WriteConditionAsync(UnscheduledPod told)
    {
        var (pod, present, reason, message) = told;
        var condition = new V1PodCondition
        {
            Type = "PodScheduled",
            Status = "False",
            Reason = reason,
            Message = message,
            LastTransitionTime = present?.Status == "False" ? present.LastTransitionTime : ObjectMetaRules.TruncateToSeconds(time.GetUtcNow()),
        };
        var patch = ObjectCodec.Encode(new V1Pod { Status = new V1PodStatus { Conditions = [condition] } });
        try
        {
            await objects.PatchAsync(
                new ObjectReference(pod.Definition, pod.Key, "status"), PatchType.StrategicMergePatch, patch, WriteOptions.ControlPlane, CancellationToken.None);
        }
        catch (Exception refused)
        {
            LogConditionNotWritten(pod.Key, refused.Message);
        }
    }

    /// <summary>A pod that found no node, with the condition that says so at present.</summary>
    private sealed record UnscheduledPod(StoredObject Pod, V1PodCondition? Present, string Reason, string Message);

    [LoggerMessage(Level = LogLevel.Information, Message = "The binding of {Pod} to {Node} was refused: {Why}")]
    private partial void LogRefused(ObjectKey pod, string node, string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The condition of {Pod} was not written: {Why}")]
    private partial void LogConditionNotWritten(ObjectKey pod, string why);
}
