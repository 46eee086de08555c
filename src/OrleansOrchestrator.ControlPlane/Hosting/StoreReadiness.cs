using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>Ready when the store of the namespaces answers consistently, which takes its grain and the database.</summary>
internal sealed class StoreReadiness(StoreClient store, ResourceRegistry registry) : IReadinessCheck
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public string Name => "store";

    /// <inheritdoc/>
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.GetHeadAsync(registry[WellKnownResources.Namespaces]).WaitAsync(AnswerWithin, cancellationToken);
            return null;
        }
        catch (ApiException unavailable)
        {
            return unavailable.Message;
        }
        catch (TimeoutException)
        {
            return $"the object store did not answer within {AnswerWithin.TotalSeconds} seconds";
        }
    }
}
