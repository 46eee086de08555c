using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// The claims of a StatefulSet's present and next pods, by name only. A claim outlives its set by default, and a claim that a user
/// created in advance is used as it is.
/// </summary>
internal sealed class ClaimsOfTemplates : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.PersistentVolumeClaims];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        var name = change.Key.Name;
        var end = name.LastIndexOf('-');
        if (end < 0 || StatefulNames.ReadOrdinal(name.AsSpan(end + 1)) is not { } ordinal)
            return;
        // The names of both template and set may contain dashes.
        for (var dash = name.IndexOf('-', StringComparison.Ordinal); dash >= 0 && dash < end; dash = name.IndexOf('-', dash + 1))
        {
            var key = new ObjectKey(change.Key.Namespace, name[(dash + 1)..end]);
            if (view.Find(view.Primary.Name, key) is V1StatefulSet set
                && Templates(set).Any(template => template.Metadata?.Name == name[..dash]) && Ordinals(set, view).Contains(ordinal))
            {
                concerned.Add(key);
            }
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view)
    {
        if (primary is not V1StatefulSet set || Templates(set).Count == 0)
            return [];
        return Ordinals(set, view)
            .SelectMany(ordinal => Templates(set).Select(template => set.ClaimOf(template, ordinal)))
            .Distinct().Order()
            .Select(claim => view.Find(WellKnownResources.PersistentVolumeClaims, claim))
            .OfType<KubeObject>()
            .Select(claim => new RelatedObject(WellKnownResources.PersistentVolumeClaims, claim));
    }

    private static IList<V1PersistentVolumeClaim> Templates(V1StatefulSet set) => set.Spec?.VolumeClaimTemplates ?? [];

    private static HashSet<int> Ordinals(V1StatefulSet set, IObjectView view)
    {
        var ordinals = view.ControlledBy(WellKnownResources.Pods, set.Metadata.Uid)
            .Where(pod => pod.Key.Namespace == set.Key.Namespace)
            .Select(pod => set.OrdinalOf(pod.Metadata.Name)).OfType<int>().ToHashSet();
        ordinals.UnionWith([.. set.Missing(ordinals)]);
        return ordinals;
    }
}
