using System.Diagnostics;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Framework;

namespace OrleansOrchestrator.ControlPlane.Scheduling;

/// <summary>Writes the scheduler's decisions: bindings, and the reason why a pod has no node.</summary>
internal sealed partial class PlacementWriter(
    ObjectClient objects, WatchCaches caches, ResourceRegistry registry, EventRecorder events, TimeProvider time, ILogger<PlacementWriter> logger)
{
    /// <summary>The reason when no node fits the pod.</summary>
    public const string Unschedulable = "Unschedulable";

    /// <summary>The reason when the pod could not be judged.</summary>
    public const string SchedulerError = "SchedulerError";

    private const string Preempted = "Preempted";

    // Enough to fill the store's commits; the others wait in the queue.
    private const int ConditionsAtOnceMax = 64;

    // As many as a store lets wait. A dropped condition is written with the pod's next attempt.
    private const int ConditionsWaitingMax = 20_000;

    private const string NominatedNodeName = "nominatedNodeName";

    private static readonly WriteOptions Identity = WriteOptions.ControlPlane with
    {
        User = new UserInfo("system:kube-scheduler", [WellKnownGroups.Authenticated]),
        FieldManager = "kube-scheduler",
    };

    private readonly Lock _gate = new();
    private readonly FairQueue<UnscheduledPod> _waiting = new(ConditionsWaitingMax);
    private int _conditionsUnderWay;

    /// <summary>Binds pods in one commit.</summary>
    /// <returns>For each pod, whether it is bound now.</returns>
    public async Task<IReadOnlyList<bool>> BindAsync(
        IReadOnlyList<(ObjectKey Pod, string Uid, string Scheduler, string NodeName, Activity? Attempt)> placements)
    {
        var cache = caches[registry[WellKnownResources.Pods]];
        var bound = new bool[placements.Count];
        var bindings = new List<(StoredObject Pod, string NodeName, Activity? Attempt)>(placements.Count);
        var positions = new List<int>(placements.Count);
        for (var i = 0; i < placements.Count; i++)
        {
            if (cache.Find(placements[i].Pod) is not { } pod || pod.Uid != placements[i].Uid)
                continue;
            bindings.Add((pod, placements[i].NodeName, placements[i].Attempt));
            positions.Add(i);
        }

        var refusals = await objects.BindManyAsync(bindings, Identity);
        for (var i = 0; i < refusals.Count; i++)
        {
            var (pod, node, _) = bindings[i];
            bound[positions[i]] = refusals[i] is null;
            if (refusals[i] is { } refused)
                LogRefused(pod.Key, node, refused.Message);
            else
                events.Record(pod, placements[positions[i]].Scheduler, "Normal", "Scheduled", $"Successfully assigned {pod.Key} to {node}");
        }

        return bound;
    }

    /// <summary>Makes the writes that plugins request before a binding.</summary>
    /// <returns>The objects as they were written.</returns>
    /// <exception cref="ApiException">A write was refused.</exception>
    public async Task<IReadOnlyList<StoredObject>> PreBindAsync(IReadOnlyList<PreBindWrite> writes)
    {
        var written = new List<StoredObject>(writes.Count);
        foreach (var write in writes)
            written.Add(await objects.PatchAsync(new ObjectReference(registry[write.Resource], write.Key), PatchType.MergePatch, write.MergePatch, Identity, CancellationToken.None));
        return written;
    }

    /// <summary>
    /// Evicts a pod gracefully to make room for one of higher priority. The pod's condition says why, so that its owner can tell the
    /// eviction from a failure.
    /// </summary>
    /// <returns>Whether the pod is terminating or gone.</returns>
    public async Task<bool> PreemptAsync(string scheduler, ObjectKey key, string uid, string preemptorUid, string nodeName)
    {
        if (caches[registry[WellKnownResources.Pods]].Find(key) is not { IsDeleting: false } pod || pod.Uid != uid)
            return true;
        var deletion = new DeletionOptions { Uid = uid, Disruption = PodDisruption.PreemptionBy(scheduler) };
        try
        {
            await objects.DeleteAsync(new ObjectReference(pod.Definition, key), deletion, Identity, CancellationToken.None);
            events.Record(pod, scheduler, "Normal", Preempted, $"Preempted by pod {preemptorUid} on node {nodeName}");
            return true;
        }
        catch (ApiException gone) when (gone.Code == 404)
        {
            return true;
        }
        catch (Exception refused)
        {
            LogNotPreempted(key, refused.Message);
            return false;
        }
    }

    /// <summary>Removes a nomination from a pod's status, because a pod of higher priority takes the node.</summary>
    public async Task EndNominationAsync(ObjectKey key, string uid)
    {
        if (caches[registry[WellKnownResources.Pods]].Find(key) is not { } pod || pod.Uid != uid || string.IsNullOrEmpty(pod.SharedModel<V1Pod>().Status?.NominatedNodeName))
            return;
        try
        {
            await PatchStatusAsync(pod, new() { [NominatedNodeName] = null });
        }
        catch (Exception refused)
        {
            LogConditionNotWritten(key, refused.Message);
        }
    }

    /// <summary>
    /// Reports in a pod's status and in an event why it has no node, in the background. Namespaces take turns. If the queue is full,
    /// the report comes with the pod's next attempt.
    /// </summary>
    /// <param name="key">The pod.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="scheduler">The reporting scheduler.</param>
    /// <param name="reason">The condition's reason.</param>
    /// <param name="message">The explanation.</param>
    /// <param name="nominated">The node on which room is being made; empty to clear it, null to leave it unchanged.</param>
    public void ReportUnschedulable(ObjectKey key, string uid, string scheduler, string reason, string message, string? nominated = null)
    {
        if (caches[registry[WellKnownResources.Pods]].Find(key) is not { } pod || pod.Uid != uid)
            return;
        events.Record(pod, scheduler, "Warning", "FailedScheduling", message);
        var model = pod.SharedModel<V1Pod>();
        var present = model.Condition(PodConditionTypes.PodScheduled);
        var isNominatedSo = nominated is null || nominated == (model.Status?.NominatedNodeName ?? "");
        if (present?.Message != message || !isNominatedSo)
            Enqueue(new UnscheduledPod(pod, present, reason, message, isNominatedSo ? null : nominated, Activity.Current));
    }

    private void Enqueue(UnscheduledPod unscheduled)
    {
        lock (_gate)
        {
            if (_conditionsUnderWay == ConditionsAtOnceMax)
            {
                _waiting.Enqueue(unscheduled.Pod.Key.Namespace, unscheduled);
                return;
            }

            _conditionsUnderWay++;
        }

        _ = WriteConditionsAsync(unscheduled);
    }

    /// <summary>Writes conditions until none waits.</summary>
    private async Task WriteConditionsAsync(UnscheduledPod unscheduled)
    {
        for (UnscheduledPod? next = unscheduled; next is not null; next = TakeNext())
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

    private async Task WriteConditionAsync(UnscheduledPod unscheduled)
    {
        var (pod, present, reason, message, nominated, attempt) = unscheduled;
        using var activity = ControlPlaneActivities.StartAfter(ControlPlaneActivities.Report, attempt);
        var condition = new V1PodCondition
        {
            Type = PodConditionTypes.PodScheduled,
            Status = "False",
            Reason = reason,
            Message = message,
            ObservedGeneration = pod.SharedModel<V1Pod>().Metadata.Generation,
            LastTransitionTime = present?.Status == "False" ? present.LastTransitionTime : ObjectMetaRules.TruncateToSeconds(time.GetUtcNow()),
        };
        var status = new Dictionary<string, object?> { ["conditions"] = new[] { condition } };
        if (nominated is not null)
            status[NominatedNodeName] = nominated.Length > 0 ? nominated : null;
        try
        {
            await PatchStatusAsync(pod, status);
        }
        catch (Exception refused)
        {
            LogConditionNotWritten(pod.Key, refused.Message);
        }
    }

    private Task PatchStatusAsync(StoredObject pod, Dictionary<string, object?> status) => objects.PatchAsync(
        new ObjectReference(pod.Definition, pod.Key, "status"),
        PatchType.StrategicMergePatch,
        ObjectCodec.Encode(new Dictionary<string, object?> { ["status"] = status }),
        Identity,
        CancellationToken.None);

    /// <summary>A pod without a node: its present condition, and the nominated node if that changed.</summary>
    private sealed record UnscheduledPod(StoredObject Pod, V1PodCondition? Present, string Reason, string Message, string? Nominated, Activity? Attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "The binding of {Pod} to {Node} was refused: {Why}")]
    private partial void LogRefused(ObjectKey pod, string node, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Pod} was not evicted for a pod of higher priority: {Why}")]
    private partial void LogNotPreempted(ObjectKey pod, string why);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The condition of {Pod} was not written: {Why}")]
    private partial void LogConditionNotWritten(ObjectKey pod, string why);
}
