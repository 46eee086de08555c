using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using k8s.Models;

namespace OrleansOrchestrator.Controllers.Bootstrap;

/// <summary>
/// Signs with every bootstrap token how the cluster is known, so that machines with a token trust it, and deletes tokens that have ended.
/// </summary>
/// <remarks>
/// See k8s.io/kubernetes/pkg/controller/bootstrap. The primary is the namespace of the signed config map: namespaces are few and change
/// seldom.
/// </remarks>
public sealed class BootstrapTokenReconciler : IReconciler
{
    private static readonly ObjectKey PublicNamespace = new("", ClusterInfo.Namespace);
    private static readonly FixedName Info = new(WellKnownResources.ConfigMaps, ClusterInfo.Name);
    private static readonly TokensOfCluster Tokens = new();

    /// <inheritdoc/>
    public string Name => "bootstrap-signer-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Namespaces;

    /// <inheritdoc/>
    public string User => ControllerUsers.ServiceAccount("bootstrap-signer");

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Info, Tokens];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Namespace { Metadata.DeletionTimestamp: null } || observation.PrimaryKey != PublicNamespace)
            return Plan.Nothing;
        var secrets = observation.Of<V1Secret>(Tokens).Where(secret => secret.Metadata.DeletionTimestamp is null && secret.Type == BootstrapToken.SecretType).ToList();
        var ended = secrets.Where(secret => BootstrapToken.EndOf(secret) <= observation.Now).ToList();
        var good = secrets.Except(ended).ToList();
        var next = good.Min(BootstrapToken.EndOf);
        return new Plan
        {
            Actions =
            [
                .. ended.Select(secret => new DeleteObject(WellKnownResources.Secrets, ObjectKey.Of(secret), secret.Metadata.Uid)),
                .. observation.Of<V1ConfigMap>(Info).Select(info => Signed(info, good)).OfType<ObjectAction>(),
            ],
            RequeueAfter = next is { } end ? Waits.Clamp(end - observation.Now) : null,
        };
    }

    private static UpdateObject? Signed(V1ConfigMap info, IEnumerable<V1Secret> secrets)
    {
        if (info.Data is not { } data || !data.TryGetValue(ClusterInfo.KubeConfigKey, out var kubeConfig))
            return null;
        var wanted = data.Where(entry => !entry.Key.StartsWith(ClusterInfo.SignaturePrefix, StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        foreach (var secret in secrets)
        {
            if (BootstrapToken.Of(secret) is { } token && BootstrapToken.Has(secret, BootstrapToken.Signing))
                wanted[ClusterInfo.SignaturePrefix + token.Id] = ClusterInfo.Sign(kubeConfig, token);
        }

        if (wanted.Count == data.Count && wanted.All(entry => data.TryGetValue(entry.Key, out var present) && present == entry.Value))
            return null;
        var changed = ObjectCodec.Clone(info);
        changed.Data = wanted;
        return new UpdateObject(WellKnownResources.ConfigMaps, changed);
    }

    /// <summary>The secrets of the cluster's bootstrap tokens.</summary>
    private sealed class TokensOfCluster : Relation
    {
        public override IReadOnlyList<ResourceName> Watched { get; } = [WellKnownResources.Secrets];

        public override void FindPrimaries(ObjectChange change, IObjectView view, ConcernedPrimaries concerned)
        {
            if (IsToken(change.Key))
                concerned.Add(PublicNamespace);
        }

        public override IEnumerable<RelatedObject> Observe(ObjectKey key, KubeObject? primary, IObjectView view) => key != PublicNamespace
            ? []
            : view.Select(WellKnownResources.Secrets, BootstrapToken.Namespace, static stored => IsToken(stored.Key)).Select(secret => new RelatedObject(WellKnownResources.Secrets, secret));

        private static bool IsToken(ObjectKey key) =>
            key.Namespace == BootstrapToken.Namespace && key.Name.StartsWith(BootstrapToken.SecretPrefix, StringComparison.Ordinal);
    }
}
