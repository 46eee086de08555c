using k8s.Models;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>
/// The free volumes of a claim's class that offer the access modes that the claim wants, as long as the claim, which is the primary, has
/// none. Where the class waits for a consumer there are none: the scheduler chooses. So a volume wakes only claims that may get it.
/// </summary>
internal sealed class OfferedVolumes : Relation
{
    private const string Term = "offer";

    private static readonly string[] Modes = [AccessModes.ReadOnlyMany, AccessModes.ReadWriteMany, AccessModes.ReadWriteOnce, AccessModes.ReadWriteOncePod];

    private static readonly KeyIndex Free = new(
        WellKnownResources.PersistentVolumes, static obj => obj is V1PersistentVolume { IsFree: true } volume ? [new ObjectKey("", OfferOf(volume))] : []);

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.PersistentVolumes];

    /// <inheritdoc/>
    public override LabelSelector SelectorOf(KubeObject primary) => primary is V1PersistentVolumeClaim { IsOpen: true } claim
        ? LabelSelector.AnyOf(Term, OffersFor(claim))
        : LabelSelector.Nothing;

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        // A volume that is not free any more is of no use to those who wait.
        if (change.Now?.SharedModel<V1PersistentVolume>() is not { IsFree: true } volume || WaitsForConsumer(volume.ClassName, view))
            return;
        concerned.AddSelecting(ConcernedPrimaries.AllNamespaces, LabelSet.From([new KeyValuePair<string, string>(Term, OfferOf(volume))]));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is V1PersistentVolumeClaim { IsOpen: true } claim && !WaitsForConsumer(claim.ClassName, view)
            ? OffersFor(claim).SelectMany(offer => view.WithKey(Free, new ObjectKey("", offer)))
                .OrderBy(volume => volume.Metadata.Name, StringComparer.Ordinal)
                .Select(volume => new RelatedObject(WellKnownResources.PersistentVolumes, volume))
            : [];

    private static bool WaitsForConsumer(string className, IObjectView view) =>
        view.Find(WellKnownResources.StorageClasses, new ObjectKey("", className)) is V1StorageClass { WaitsForConsumer: true };

    private static string OfferOf(V1PersistentVolume volume) => OfferOf(volume.ClassName, SetOf(volume.Spec.AccessModes));

    /// <summary>What may serve the claim: all sets of access modes that hold those that it wants.</summary>
    private static IEnumerable<string> OffersFor(V1PersistentVolumeClaim claim)
    {
        var wanted = SetOf(claim.Spec?.AccessModes);
        return Enumerable.Range(0, 1 << Modes.Length).Where(offered => (offered & wanted) == wanted).Select(offered => OfferOf(claim.ClassName, offered));
    }

    private static string OfferOf(string className, int modes) => $"{className}/{modes}";

    private static int SetOf(IEnumerable<string>? modes) => (modes ?? []).Aggregate(0, (set, mode) => set | (1 << Array.IndexOf(Modes, mode)));
}
