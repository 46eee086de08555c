using k8s.Models;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>The pods that name a claim, which is the primary, in their volumes.</summary>
/// <param name="matters">Whether a claim's plan depends on its pods. Others have none in their observation.</param>
/// <param name="counts">Whether a pod counts.</param>
internal sealed class PodsOfClaim(Func<V1PersistentVolumeClaim, bool> matters, Func<V1Pod, bool> counts) : Relation
{
    private static readonly KeyIndex Index = new(WellKnownResources.Pods, static pod => ClaimNames.Of((V1Pod)pod))
    {
        // Most pods have no claims, and pods change often.
        MayHaveKeys = static pod => pod.Json.Span.IndexOf("\"persistentVolumeClaim\""u8) >= 0 || pod.Json.Span.IndexOf("\"ephemeral\""u8) >= 0,
    };

    /// <summary>Whether the plan depends on the absence of pods.</summary>
    public bool ConcludesFromAbsence { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.Pods];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        foreach (var version in change.Versions)
        {
            foreach (var key in Index.KeysOf(version))
            {
                if (counts(version.SharedModel<V1Pod>()) && view.Find(view.Primary.Name, key) is V1PersistentVolumeClaim claim && matters(claim))
                    concerned.Add(key);
            }
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) =>
        primary is V1PersistentVolumeClaim claim && matters(claim)
            ? view.WithKey(Index, key).Where(pod => counts((V1Pod)pod)).Select(pod => new RelatedObject(WellKnownResources.Pods, pod))
            : [];

    /// <inheritdoc/>
    public override IEnumerable<ResourceName> ReadAnew(KubeObject? primary, IObjectView view) =>
        ConcludesFromAbsence && primary is V1PersistentVolumeClaim claim && matters(claim) ? Watched : [];
}
