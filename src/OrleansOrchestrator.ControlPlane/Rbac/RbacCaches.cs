using k8s.Models;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Rbac;

/// <summary>Keeps the index of roles equal to this silo's caches of roles and bindings.</summary>
internal sealed class RbacCaches
{
    private readonly WatchCaches _caches;
    private readonly (ResourceDefinition Definition, ICacheIndex Feed)[] _feeds;
    private readonly RbacIndex _index = new();
    private WatchCache[]? _following;
    private volatile bool _hasDefaults;

    public RbacCaches(WatchCaches caches, ResourceRegistry registry)
    {
        _caches = caches;
        _feeds =
        [
            (registry[WellKnownResources.Roles], new RoleFeed(_index, namespaced: true, stored => stored.SharedModel<V1Role>().Rules)),
            (registry[WellKnownResources.ClusterRoles], new RoleFeed(_index, namespaced: false, stored => stored.SharedModel<V1ClusterRole>().Rules)),
            (registry[WellKnownResources.RoleBindings], new BindingFeed(_index, namespaced: true, stored => (stored.SharedModel<V1RoleBinding>().RoleRef, stored.SharedModel<V1RoleBinding>().Subjects))),
            (registry[WellKnownResources.ClusterRoleBindings],
                new BindingFeed(_index, namespaced: false, stored => (stored.SharedModel<V1ClusterRoleBinding>().RoleRef, stored.SharedModel<V1ClusterRoleBinding>().Subjects))),
        ];
    }

    /// <summary>The index, which follows the caches from its first use.</summary>
    public RbacIndex Index
    {
        get
        {
            Follow();
            return _index;
        }
    }

    /// <summary>Whether this silo knows that the cluster has its default roles and bindings.</summary>
    public bool HasDefaults { get => _hasDefaults; set => _hasDefaults = value; }

    /// <summary>Whether all roles and bindings have been read.</summary>
    public bool AreFilled => Array.TrueForAll(Follow(), static cache => cache.Revision >= 0);

    /// <summary>Waits until the index has all that anybody has been told; mostly it has, and nobody is called.</summary>
    /// <exception cref="Model.Errors.ApiException">The store cannot be reached, or a cache is not filled yet.</exception>
    public async ValueTask EnsureCurrentAsync(CancellationToken cancellationToken)
    {
        foreach (var cache in Follow())
            await cache.EnsureCurrentAsync(cancellationToken);
    }

    private WatchCache[] Follow()
    {
        // Built-in kinds keep their caches as long as the silo lives.
        if (Volatile.Read(ref _following) is { } known)
            return known;
        var following = Array.ConvertAll(_feeds, feed => _caches[feed.Definition]);
        for (var i = 0; i < _feeds.Length; i++)
            following[i].Attach(_feeds[i].Feed);
        Volatile.Write(ref _following, following);
        return following;
    }

    // An object that cannot be read grants nothing, and does not affect the others.
    private static T? Read<T>(StoredObject stored, Func<StoredObject, T> read)
    {
        try
        {
            return read(stored);
        }
        catch (Exception)
        {
            LoopInstruments.ObjectFailed("roles");
            return default;
        }
    }

    private sealed class RoleFeed(RbacIndex index, bool namespaced, Func<StoredObject, IList<V1PolicyRule>?> rulesOf) : ICacheIndex
    {
        public void Reset(IEnumerable<StoredObject> objects) =>
            index.SetRoles(namespaced, [.. objects.Select(stored => KeyValuePair.Create(stored.Key, Compile(stored)))]);

        public void Replace(ObjectKey key, StoredObject? current) => index.SetRole(key, current is null ? null : Compile(current));

        private CompiledRules Compile(StoredObject stored) => Read(stored, one => new CompiledRules(rulesOf(one))) ?? new CompiledRules([]);
    }

    private sealed class BindingFeed(RbacIndex index, bool namespaced, Func<StoredObject, (V1RoleRef? Role, IList<Rbacv1Subject>? Subjects)> read) : ICacheIndex
    {
        public void Reset(IEnumerable<StoredObject> objects) => index.SetBindings(namespaced, [.. objects.Select(stored =>
        {
            var (role, subjects) = Read(stored, read);
            return (stored.Key, role, subjects);
        })]);

        public void Replace(ObjectKey key, StoredObject? current)
        {
            var (role, subjects) = current is null ? default : Read(current, read);
            index.SetBinding(key, role, subjects);
        }
    }
}
