using OrleansOrchestrator.ControlPlane.Readiness;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Ready when the store of the namespaces answers a consistent read, which needs its grain and the database, and when the database has
/// no known fault: it may answer reads and still refuse writes.
/// </summary>
internal sealed class StoreReadiness(StoreClient store, IObjectLog log, ResourceRegistry registry) : IReadinessCheck
{
    // How long the read is retried: a store that moves to another silo is not yet a fault.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);
    // Gives the last attempt time to answer.
    private static readonly TimeSpan AnswerLatest = AnswerWithin + TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public string Name => "store";

    /// <inheritdoc/>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.GetHeadAsync(registry[WellKnownResources.Namespaces], AnswerWithin).WaitAsync(AnswerLatest, cancellationToken);
            return log.LastFault;
        }
        catch (ApiException unavailable)
        {
            return log.LastFault ?? unavailable.Message;
        }
        catch (TimeoutException)
        {
            return log.LastFault ?? $"the object store did not answer within {AnswerWithin.TotalSeconds} seconds";
        }
    }
}
