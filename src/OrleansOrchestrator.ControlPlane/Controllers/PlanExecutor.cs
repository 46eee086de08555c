using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>What came of a plan.</summary>
/// <param name="Succeeded">Whether every action did.</param>
/// <param name="Written">The newest revision written of each resource.</param>
/// <param name="Refused">The objects that were to be written and were not, and why; a creation's by the name it asked for.</param>
internal sealed record PlanOutcome(
    bool Succeeded, IReadOnlyDictionary<ResourceName, long> Written, IReadOnlyDictionary<(ResourceName Resource, ObjectKey Key), ApiException> Refused);

/// <summary>Applies plans through the one door that all writes use. An object that this door refuses for good is told of.</summary>
internal sealed partial class PlanExecutor(
    ObjectClient objects, WatchCaches caches, ResourceRegistry registry, EventRecorder events, ObjectFaults faults, ILogger<PlanExecutor> logger)
{
    /// <summary>How many actions are under way at once; creations are one commit, the others one each.</summary>
    private const int ActionsAtOnceMax = 128;

    /// <summary>Applies a plan. Creations that follow each other go to the store as one batch.</summary>
    /// <param name="component">Whose plan it is: the source of its events.</param>
    /// <param name="subject">The object that it is about, on which its events are recorded.</param>
    /// <param name="plan">The plan.</param>
    public async Task<PlanOutcome> ApplyAsync(string component, ObjectReference subject, Plan plan)
    {
        var written = new Dictionary<ResourceName, long>();
        var refused = new Dictionary<(ResourceName, ObjectKey), ApiException>();
        for (var i = 0; i < plan.Actions.Count;)
        {
            var batch = TakeBatch(plan.Actions, ref i);
            var results = batch is [CreateObject create, ..]
                ? await objects.CreateManyAsync(registry[create.Resource], [.. batch.Select(action => ((CreateObject)action).Object)], WriteOptions.ControlPlane)
                : await Task.WhenAll(batch.Select(TryApplyAsync));
            for (var j = 0; j < batch.Count; j++)
            {
                Note(component, subject, batch[j], results[j], written);
                if (results[j].Refused is { } why)
                    refused[(batch[j].Resource, batch[j].Key)] = why;
            }
        }

        if (refused.Count == 0)
        {
            foreach (var planned in plan.Events)
                Record(component, subject, planned);
        }

        return new PlanOutcome(refused.Count == 0, written, refused);
    }

    /// <summary>The next actions of one kind on one resource.</summary>
    private static List<ObjectAction> TakeBatch(IReadOnlyList<ObjectAction> actions, ref int next)
    {
        var batch = new List<ObjectAction> { actions[next++] };
        while (batch.Count < ActionsAtOnceMax && next < actions.Count && actions[next].GetType() == batch[0].GetType() && actions[next].Resource == batch[0].Resource)
            batch.Add(actions[next++]);
        return batch;
    }

    private async Task<WriteOutcome> TryApplyAsync(ObjectAction action)
    {
        try
        {
            return new WriteOutcome(await ApplyAsync(action), null);
        }
        catch (ApiException refused)
        {
            return new WriteOutcome(null, refused);
        }
    }

    private async Task<StoredObject?> ApplyAsync(ObjectAction action)
    {
        var definition = registry[action.Resource];
        switch (action)
        {
            case UpdateObject update:
                return await ReplaceAsync(definition, action.Key, update.Object, "");
            case UpdateStatus update:
                return await ReplaceAsync(definition, action.Key, update.Object, "status");
            case FinalizeNamespace finalize:
                return await ReplaceAsync(definition, action.Key, finalize.Object, "finalize");
            case DeleteObject delete:
                return await DeleteAsync(definition, delete);
            default:
                throw new InvalidOperationException($"no way to apply {action.GetType().Name}");
        }
    }

    private async Task<StoredObject> ReplaceAsync(ResourceDefinition definition, ObjectKey key, KubeObject obj, string subresource)
    {
        var reference = new ObjectReference(definition, key, subresource);
        return (await objects.UpdateAsync(reference, obj, WriteOptions.ControlPlane, CancellationToken.None)).Object;
    }

    private async Task<StoredObject?> DeleteAsync(ResourceDefinition definition, DeleteObject delete)
    {
        var deletion = new DeletionOptions
        {
            Uid = delete.Uid,
            ResourceVersion = delete.ResourceVersion,
            GracePeriodSeconds = delete.GracePeriodSeconds,
            // What the control plane deletes takes its dependents along, whatever the kind's default is for clients.
            Propagation = delete.Propagation ?? (definition.DefaultPropagation == DeletionPropagation.Background ? null : DeletionPropagation.Background),
        };
        try
        {
            return (await objects.DeleteAsync(new ObjectReference(definition, delete.Key), deletion, WriteOptions.ControlPlane, CancellationToken.None)).Object;
        }
        catch (ApiException gone) when (gone.Code == 404 || (gone.Code == 409 && gone.Message.Contains(ObjectClient.UidMismatch, StringComparison.Ordinal)))
        {
            return null;
        }
    }

    private void Note(string component, ObjectReference subject, ObjectAction action, WriteOutcome outcome, Dictionary<ResourceName, long> written)
    {
        if (outcome.Refused is { } refused)
        {
            LogActionFailed(component, subject.Key, action.GetType().Name, refused.Message);
            if (refused.Code != 409 && action.EventOnFailure?.Invoke(refused.Message) is { } failure)
                Record(component, subject, failure);
            else if (ObjectFaults.IsOfTheObject(refused))
                faults.Report(component, action.Resource, action.Key, caches[registry[action.Resource]].Find(action.Key), refused);
            return;
        }

        if (outcome.Object is not { } obj)
            return;
        written[action.Resource] = Math.Max(written.GetValueOrDefault(action.Resource), obj.Revision);
        if (action.EventOnSuccess?.Invoke(obj.Key.Name) is { } success)
            Record(component, subject, success);
    }

    private void Record(string component, ObjectReference subject, PlannedEvent planned)
    {
        if (caches[subject.Definition].Find(subject.Key) is { } obj)
            events.Record(obj, component, planned.Type, planned.Reason, planned.Message);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The {Controller}'s {Action} for {Key} was refused: {Why}")]
    private partial void LogActionFailed(string controller, ObjectKey key, string action, string why);
}
