using k8s.Models;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>The class that a claim without a volume names, or the default classes if it names none. The claim is the primary.</summary>
internal sealed class ClassesOfClaim : Relation
{
    private const string Term = "class";

    // No class has this name.
    private const string Unnamed = "*";

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.StorageClasses];

    /// <inheritdoc/>
    public override LabelSelector SelectorOf(KubeObject primary) => primary is V1PersistentVolumeClaim { IsOpen: true } claim
        ? LabelSelector.AnyOf(Term, [claim.HasClass ? claim.ClassName : Unnamed])
        : LabelSelector.Nothing;

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        Add(change.Key.Name);
        if (change.Versions.Any(version => version.SharedModel<V1StorageClass>().IsDefault))
            Add(Unnamed);

        void Add(string name) =>
            concerned.AddSelecting(ConcernedPrimaries.AllNamespaces, LabelSet.From([new KeyValuePair<string, string>(Term, name)]));
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        if (primary is not V1PersistentVolumeClaim { IsOpen: true } claim)
            return [];
        var found = claim.HasClass
            ? (IEnumerable<KubeObject?>)[view.Find(WellKnownResources.StorageClasses, new ObjectKey("", claim.ClassName))]
            : view.All(WellKnownResources.StorageClasses).Where(storage => ((V1StorageClass)storage).IsDefault);
        return found.OfType<KubeObject>().Select(storage => new RelatedObject(WellKnownResources.StorageClasses, storage));
    }
}
