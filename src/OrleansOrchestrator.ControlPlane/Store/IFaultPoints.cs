using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>A step of the store, or of the caches behind it, that a promise hangs on.</summary>
internal enum StoreStep
{
    /// <summary>Taking a shard over.</summary>
    Open,

    /// <summary>Making a batch durable.</summary>
    Commit,

    /// <summary>Finding out whether a commit of unknown outcome happened.</summary>
    Resolve,

    /// <summary>Renewing the read lease.</summary>
    RenewLease,

    /// <summary>Showing a durable batch, and acknowledging it.</summary>
    Publish,

    /// <summary>Giving the shard up.</summary>
    Release,

    /// <summary>Handing a change to the watchers of a silo.</summary>
    Offer,
}

/// <summary>
/// What happens before and after each step, and whether it happens. Nothing in the product implements this: a test's host
/// registers it as a service to make faults at exactly these points, or to break a promise on purpose and see that it is noticed.
/// </summary>
internal interface IFaultPoints
{
    /// <summary>Is awaited before a step; what it throws is thrown there.</summary>
    Task BeforeAsync(StoreStep step, ResourceName resource);

    /// <summary>Is awaited after a step that has succeeded; what it throws is thrown there.</summary>
    Task AfterAsync(StoreStep step, ResourceName resource);

    /// <summary>Whether a step is left out and taken as done, which breaks what it is there for. Asked for
    /// <see cref="StoreStep.Commit"/>, <see cref="StoreStep.RenewLease"/> and <see cref="StoreStep.Offer"/>.</summary>
    bool Skips(StoreStep step, ResourceName resource);
}

/// <summary>Runs steps with their fault points; without any, a step runs as it is.</summary>
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
