using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>A step of the store, or of the caches behind it, on which a promise depends.</summary>
internal enum StoreStep
{
    /// <summary>Taking over a shard.</summary>
    Open,

    /// <summary>Making a batch durable.</summary>
    Commit,

    /// <summary>Resolving a commit of unknown outcome.</summary>
    Resolve,

    /// <summary>Renewing the read lease.</summary>
    RenewLease,

    /// <summary>Showing and acknowledging a durable batch.</summary>
    Publish,

    /// <summary>Releasing the shard.</summary>
    Release,

    /// <summary>Offering a change to the watchers of a silo.</summary>
    Offer,
}

/// <summary>
/// Hooks before and after each step. The product has no implementation: a test's host registers one to inject faults at these points,
/// or to break a promise on purpose and check that it is noticed.
/// </summary>
internal interface IFaultPoints
{
    /// <summary>Runs before a step. Its exception becomes the step's.</summary>
    Task BeforeAsync(StoreStep step, ResourceName resource);

    /// <summary>Runs after a successful step. Its exception becomes the step's.</summary>
    Task AfterAsync(StoreStep step, ResourceName resource);

    /// <summary>Whether to skip a step and treat it as done, which breaks its promise. Used for <see cref="StoreStep.Commit"/>, <see
    /// cref="StoreStep.RenewLease"/> and <see cref="StoreStep.Offer"/>.</summary>
    bool Skips(StoreStep step, ResourceName resource);
}

/// <summary>Runs steps with their fault points if there are any.</summary>
internal static class FaultPointSteps
{
    /// <summary>Runs a step.</summary>
    public static Task RunAsync(this IFaultPoints? faults, StoreStep step, ResourceName resource, Func<Task> run) =>
        faults is null ? run() : RunWithFaultsAsync(faults, step, resource, run);

    private static async Task RunWithFaultsAsync(IFaultPoints faults, StoreStep step, ResourceName resource, Func<Task> run)
    {
        await faults.BeforeAsync(step, resource);
        await run();
        await faults.AfterAsync(step, resource);
    }
}
