using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>The quotas that this silo knows.</summary>
internal interface IKnownQuotas
{
    /// <summary>Makes sure that all acknowledged quotas are known, which they nearly always are. Waits a moment if they are not.</summary>
    /// <returns>False if the store of quotas was not reached.</returns>
    ValueTask<bool> TryCatchUpAsync();

    /// <summary>The known quotas about a resource in a namespace, in the order of their names.</summary>
    IReadOnlyList<QuotaLimit> Find(ResourceName resource, string @namespace);
}
