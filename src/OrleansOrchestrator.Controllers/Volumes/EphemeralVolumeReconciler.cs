using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Volumes;

/// <summary>Makes the claims of a pod's ephemeral volumes. The pod owns them, so that they go with it.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/volume/ephemeral.</remarks>
public sealed class EphemeralVolumeReconciler : IReconciler
{
    private static readonly ClaimsOfEphemeralVolumes Claims = new();

    /// <inheritdoc/>
    public string Name => "ephemeral-volume-controller";

    /// <inheritdoc/>
    public string EventSource => "ephemeral_volume";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Pods;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Claims];

    /// <inheritdoc/>
    public bool IsWorthALook(StoredObject primary) => MayHaveEphemeralVolumes(primary);

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Pod { Spec: not null } pod || pod.IsDeleting)
            return Plan.Nothing;
        var claims = observation.Of<V1PersistentVolumeClaim>(Claims).ToDictionary(claim => claim.Metadata.Name, StringComparer.Ordinal);
        var actions = new List<ObjectAction>();
        var events = new List<PlannedEvent>();
        foreach (var volume in EphemeralVolumes(pod))
        {
            if (!claims.TryGetValue(ClaimNames.Of(pod, volume)!, out var claim))
                actions.Add(new CreateObject(WellKnownResources.PersistentVolumeClaims, ClaimOf(pod, volume)) { EventOnFailure = why => Failed(volume, why) });
            else if (ClaimNames.WhyNotOf(pod, claim) is { } why)
                events.Add(Failed(volume, why));
        }

        return new Plan { Actions = actions, Events = events };
    }

    internal static bool MayHaveEphemeralVolumes(StoredObject pod) => pod.Json.Span.IndexOf("\"ephemeral\""u8) >= 0;

    internal static IEnumerable<V1Volume> EphemeralVolumes(V1Pod pod) => (pod.Spec?.Volumes ?? []).Where(volume => volume.Ephemeral is not null);

    private static PlannedEvent Failed(V1Volume volume, string why) => new("Warning", "FailedBinding", $"ephemeral volume {volume.Name}: {why}");

    private static V1PersistentVolumeClaim ClaimOf(V1Pod pod, V1Volume volume)
    {
        var template = volume.Ephemeral.VolumeClaimTemplate;
        return new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = pod.Metadata.NamespaceProperty,
                Name = ClaimNames.Of(pod, volume),
                Labels = template?.Metadata?.Labels,
                Annotations = template?.Metadata?.Annotations,
                OwnerReferences = [OwnerReferences.ControlledBy(pod)],
            },
            Spec = template?.Spec is { } spec ? ObjectCodec.Clone(spec) : null,
        };
    }
}

/// <summary>The claims, by name only, of a pod's ephemeral volumes.</summary>
internal sealed class ClaimsOfEphemeralVolumes : Relation
{
    /// <inheritdoc/>
    public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.PersistentVolumeClaims];

    /// <inheritdoc/>
    public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
    {
        // The names of both pod and volume may contain dashes.
        var name = change.Key.Name;
        for (var dash = name.IndexOf('-', StringComparison.Ordinal); dash >= 0; dash = name.IndexOf('-', dash + 1))
        {
            var key = new ObjectKey(change.Key.Namespace, name[..dash]);
            if (view.Find(view.Primary.Name, key) is V1Pod pod && EphemeralVolumeReconciler.EphemeralVolumes(pod).Any(volume => volume.Name == name[(dash + 1)..]))
                concerned.Add(key);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) => primary is not V1Pod pod
        ? []
        : EphemeralVolumeReconciler.EphemeralVolumes(pod)
            .Select(volume => new ObjectKey(key.Namespace, ClaimNames.Of(pod, volume)!)).Distinct().Order()
            .Select(claim => view.Find(WellKnownResources.PersistentVolumeClaims, claim)).OfType<KubeObject>()
            .Select(claim => new RelatedObject(WellKnownResources.PersistentVolumeClaims, claim));
}
