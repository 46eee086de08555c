using Orleans.Concurrency;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <inheritdoc cref="ISelectorIndexGrain"/>
/// <remarks>
/// One per calling silo, because it is built from that silo's caches. The activation determines the lifetime of the index. Frequent
/// callers use the index directly through <see cref="SelectorIndexes"/>.
/// </remarks>
[Reentrant]
[StatelessWorker(1)]
internal sealed class SelectorIndexGrain(SelectorIndexes indexes, TimeProvider time) : Grain, ISelectorIndexGrain
{
    private NamespaceSelectors _selectors = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _selectors = indexes.Begin(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => indexes.EndAsync(_selectors).AsTask();

    public async Task<IReadOnlyList<ObjectKey>> FindSelectingAsync(string reconciler, int relation, IReadOnlyList<LabelSet> labels, long primaryRevision)
    {
        _selectors.CalledAt = time.GetTimestamp();
        var found = new HashSet<ObjectKey>();
        await _selectors.FindAsync(reconciler, relation, labels, primaryRevision, found);
        return [.. found];
    }
}
