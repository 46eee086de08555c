using k8s.Models;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.NodeAccess;

/// <summary>
/// How objects are related to nodes: node ← pod ← secret, config map, service account and claim; claim ← volume ← secret.
/// </summary>
/// <remarks>As the graph of k8s.io/kubernetes/plugin/pkg/auth/authorizer/node, kept from this silo's caches.</remarks>
internal sealed class NodeGraph
{
    private readonly WatchCaches _caches;
    private readonly ResourceDefinition _pods;
    private readonly ResourceDefinition _attachments;
    private readonly ResourceDefinition _nodes;
    private readonly ReferenceIndex _references = new();
    private readonly ObjectIndex<VolumeFact, ObjectKey> _claims;
    private readonly ObjectIndex<string, string> _folders;
    private WatchCache? _following;

    public NodeGraph(WatchCaches caches, Informers informers, ResourceRegistry registry)
    {
        _caches = caches;
        _pods = registry[WellKnownResources.Pods];
        _attachments = registry[WellKnownResources.VolumeAttachments];
        _nodes = registry[WellKnownResources.Nodes];
        _claims = informers.Index<VolumeFact, ObjectKey>(registry[WellKnownResources.PersistentVolumes], ClaimsOf);
        _folders = informers.Index<string, string>(registry[WellKnownResources.PersistentVolumes], NodesOf);
    }

    /// <summary>Whether an object is related to a node, as far as this silo knows.</summary>
    public bool IsRelated(string node, RelatedKind kind, ObjectKey key) => kind switch
    {
        RelatedKind.Pod => _caches[_pods].Find(key)?.Field("spec.nodeName") == node,
        RelatedKind.PersistentVolume => IsClaimed(node, VolumeFact.OfName(key.Name)),
        RelatedKind.LocalFolder => _folders.Find(key.Name).Contains(node),
        RelatedKind.VolumeAttachment => _caches[_attachments].Find(key)?.SharedModel<V1VolumeAttachment>().Spec?.NodeName == node,
        RelatedKind.Secret => IsReferredTo(node, kind, key) || IsClaimed(node, new VolumeFact(key.Namespace, key.Name)),
        _ => IsReferredTo(node, kind, key),
    };

    /// <summary>Whether there is a pod of a key, as far as this silo knows.</summary>
    public bool HasPod(ObjectKey key) => _caches[_pods].Find(key) is not null;

    /// <summary>Whether a node has a range of pod addresses.</summary>
    /// <exception cref="Model.Errors.ApiException">The store cannot be reached.</exception>
    public async ValueTask<bool> HasRangeAsync(string node, CancellationToken cancellationToken)
    {
        if (HasRange(node))
            return true;
        await _caches[_nodes].EnsureCurrentAsync(cancellationToken);
        return HasRange(node);
    }

    /// <summary>Waits until this silo knows all that anybody has been told: a node asks here for what another silo has told it.</summary>
    /// <exception cref="Model.Errors.ApiException">The store cannot be reached.</exception>
    public async ValueTask EnsureCurrentAsync(RelatedKind kind, CancellationToken cancellationToken)
    {
        if (kind == RelatedKind.VolumeAttachment)
        {
            await _caches[_attachments].EnsureCurrentAsync(cancellationToken);
            return;
        }

        await FollowPods().EnsureCurrentAsync(cancellationToken);
        await _claims.EnsureCurrentAsync(cancellationToken);
    }

    private bool HasRange(string node) => _caches[_nodes].Find(new ObjectKey("", node))?.SharedModel<V1Node>().Spec?.PodCIDRs is { Count: > 0 };

    private bool IsReferredTo(string node, RelatedKind kind, ObjectKey key)
    {
        FollowPods();
        return _references.IsReferredTo(new Referent(kind, key), node);
    }

    private bool IsClaimed(string node, VolumeFact fact)
    {
        foreach (var claim in _claims.Find(fact))
        {
            if (IsReferredTo(node, RelatedKind.PersistentVolumeClaim, claim))
                return true;
        }

        return false;
    }

    /// <summary>Begins to follow the pods, or the cache that has replaced theirs.</summary>
    private WatchCache FollowPods()
    {
        var cache = _caches[_pods];
        if (ReferenceEquals(Volatile.Read(ref _following), cache))
            return cache;
        cache.Attach(_references);
        Volatile.Write(ref _following, cache);
        return cache;
    }

    private static IEnumerable<KeyValuePair<VolumeFact, ObjectKey>> ClaimsOf(StoredObject stored)
    {
        var volume = stored.SharedModel<V1PersistentVolume>();
        if (volume.Spec?.ClaimRef is not { Name.Length: > 0 } reference)
            return [];
        var claim = new ObjectKey(reference.NamespaceProperty ?? "", reference.Name);
        return PodReferences.SecretsOf(volume).Select(secret => new VolumeFact(secret.Namespace, secret.Name))
            .Append(VolumeFact.OfName(stored.Key.Name)).Distinct().Select(fact => KeyValuePair.Create(fact, claim));
    }

    private static IEnumerable<KeyValuePair<string, string>> NodesOf(StoredObject stored) =>
        LocalPathVolumes.NodeOf(stored.SharedModel<V1PersistentVolume>()) is { } node ? [KeyValuePair.Create(stored.Key.Name, node)] : [];

    /// <summary>A fact by which volumes are found: their name, or a secret that they need.</summary>
    /// <param name="SecretNamespace">The namespace of the secret; empty for the name of a volume.</param>
    /// <param name="Name">The name.</param>
    private readonly record struct VolumeFact(string SecretNamespace, string Name)
    {
        public static VolumeFact OfName(string volume) => new("", volume);
    }
}
