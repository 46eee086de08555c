using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>The outcome of a plan.</summary>
/// <param name="Written">The newest revision written of each resource.</param>
/// <param name="IsKnown">Whether the list of written revisions is complete.</param>
/// <param name="Refused">The actions that were not done, in order, with the reason.</param>
internal sealed record PlanOutcome(IReadOnlyDictionary<ResourceName, long> Written, bool IsKnown, IReadOnlyList<RefusedAction> Refused)
{
    /// <summary>Whether nothing has to be tried again: what a namespace that is being deleted refuses, it will always refuse.</summary>
    public bool Succeeded => Refused.All(one => one.IsByTerminatingNamespace);
}

/// <summary>Applies plans through the write pipeline that all writers use. Reports objects that are refused for good.</summary>
internal sealed partial class PlanApplier(
    ObjectClient objects, WatchCaches caches, ResourceRegistry registry, EventRecorder events, ObjectFaults faults, ControllerOptions options,
    ILogger<PlanApplier> logger, IPlanFaultPoints? faultPoints = null)
{
    /// <summary>Applies a plan in batches (<see cref="ActionBatches"/>), of which the actions run concurrently.</summary>
    /// <param name="identity">The controller that made the plan.</param>
    /// <param name="subject">The primary object; it gets the events.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="startsSlowly">Whether creations begin with one.</param>
    public async Task<PlanOutcome> ApplyAsync(ControllerIdentity identity, ObjectReference subject, Plan plan, bool startsSlowly = true)
    {
        if (plan.Actions.Count == 0 && plan.Events.Count == 0 && plan.Conclude is null)
            return Nothing;
        var writer = new ObjectWriter(objects, registry, identity.Options);
        var written = new Dictionary<ResourceName, long>();
        var refused = new List<RefusedAction>();
        var isKnown = true;
        var begun = 0;
        var batches = new ActionBatches(plan.Actions, options.ActionsAtOnceMax, startsSlowly);
        while (batches.TryTake(out var batch))
        {
            var before = refused.Count;
            await ApplyBatchAsync(batch);
            batches.Note(batch, refused[before..]);
        }

        if (plan.Conclude?.Invoke(refused) is { } conclusion)
            await ApplyBatchAsync([conclusion]);
        await ReachPointAsync();

        if (refused.Count == 0)
        {
            foreach (var planned in plan.Events)
                Record(identity.Component, subject, planned);
        }

        return new PlanOutcome(written, isKnown, refused);

        async Task ApplyBatchAsync(IReadOnlyList<ObjectAction> batch)
        {
            var results = await Task.WhenAll(batch.Select(action => TryApplyAsync(action, writer, ReachPointAsync())));
            foreach (var (action, (result, why)) in batch.Zip(results))
            {
                ControllerInstruments.Acted(identity.Component, action, why is null);
                if (why is not null)
                {
                    var one = new RefusedAction(action, why);
                    refused.Add(one);
                    if (!one.IsByTerminatingNamespace)
                        ReportRefused(identity.Component, subject, action, why);
                }
                else if (result is not null)
                {
                    isKnown &= result.Revision is not null;
                    written[action.Resource] = Math.Max(written.GetValueOrDefault(action.Resource), result.Revision ?? 0);
                    if (action.Cause is { } cause)
                        Record(identity.Component, subject, cause);
                    if (action.EventOnSuccess?.Invoke(result.Key.Name) is { } success)
                        Record(identity.Component, subject, success);
                }
            }
        }

        Task ReachPointAsync() => faultPoints?.ReachAsync(identity.Component, plan, begun++) ?? Task.CompletedTask;
    }

    private static PlanOutcome Nothing { get; } = new(new Dictionary<ResourceName, long>(), true, []);

    private static async Task<(WrittenObject? Written, ApiException? Refused)> TryApplyAsync(ObjectAction action, ObjectWriter writer, Task pointReached)
    {
        await pointReached;
        try
        {
            return (await action.ApplyAsync(writer), null);
        }
        catch (ApiException refused)
        {
            return (null, refused);
        }
    }

    private void ReportRefused(string component, ObjectReference subject, ObjectAction action, ApiException refused)
    {
        LogRefused(component, subject.Key, action, refused.Message);
        if (refused.Code != 409 && action.EventOnFailure?.Invoke(refused.Message) is { } failure)
            Record(component, subject, failure);
        else if (ObjectFaults.IsOfTheObject(refused))
            faults.Report(component, action.Resource, action.Key, caches[registry[action.Resource]].Find(action.Key), refused);
    }

    private void Record(string component, ObjectReference subject, PlannedEvent planned)
    {
        var (definition, key) = planned.Regarding is { } other ? (registry[other.Resource], other.Key) : (subject.Definition, subject.Key);
        if (caches[definition].Find(key) is { } obj)
            events.Record(obj, component, planned.Type, planned.Reason, planned.Message);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A write of the {Controller} for {Subject} was refused: {Action}: {Why}")]
    private partial void LogRefused(string controller, ObjectKey subject, ObjectAction action, string why);
}
