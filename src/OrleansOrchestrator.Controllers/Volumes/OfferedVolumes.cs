using k8s.Models;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>The volumes of a claim's class that any claim may get, as long as the claim, which is the primary, has none.</summary>
internal sealed class OfferedVolumes : Relation
{
    private const string Term = "class";

    private static readonly KeyIndex Free = new(
        WellKnownResources.PersistentVolumes, static obj => obj is V1PersistentVolume { IsFree: true } volume ? [new ObjectKey("", volume.ClassName)] : []);

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.PersistentVolumes];

    /// <inheritdoc/>
    public override LabelSelector SelectorOf(KubeObject primary) => primary is V1PersistentVolumeClaim { IsOpen: true } claim
        ? LabelSelector.AnyOf(Term, [claim.ClassName])
        : LabelSelector.Nothing;

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        // A volume that is not free any more is of no use to those who wait.
        foreach (var key in change.Now is { } now ? Free.KeysOf(now) : [])
            concerned.AddSelecting(ConcernedPrimaries.AllNamespaces, LabelSet.From([new KeyValuePair<string, string>(Term, key.Name)]));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is V1PersistentVolumeClaim { IsOpen: true } claim
            ? view.WithKey(Free, new ObjectKey("", claim.ClassName)).Select(volume => new RelatedObject(WellKnownResources.PersistentVolumes, volume))
            : [];
}
