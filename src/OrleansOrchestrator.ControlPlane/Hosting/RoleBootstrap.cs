using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Rbac;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Kinds.Rbac;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// Completes the default roles and bindings when this silo starts, and makes those for machines that join once in the life of the cluster. The first silo
/// writes them, the others find nothing to do. What is removed later stays away until a silo starts.
/// </summary>
internal sealed class RoleBootstrap(IObjectClient objects, ResourceRegistry registry, RbacCaches caches)
{
    /// <summary>The annotation of the namespace <c>kube-system</c> that says that the cluster has got the bindings of machines that join.</summary>
    public const string JoinAnnotation = "orleansorchestrator.io/join-bindings-created";

    private bool _isComplete;

    /// <summary>Completes what is missing; nothing once that has succeeded.</summary>
    /// <exception cref="ApiException">An object cannot be read or written now.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (_isComplete)
            return;

        // All of the first start share a few commits.
        await Task.WhenAll(
            EnsureAsync(WellKnownResources.ClusterRoles, DefaultRoles.ClusterRoles(), RoleCompletion.Complete, null, cancellationToken),
            EnsureAsync(WellKnownResources.Roles, DefaultRoles.Roles(), RoleCompletion.Complete, null, cancellationToken),
            EnsureAsync(
                WellKnownResources.ClusterRoleBindings, DefaultRoles.ClusterRoleBindings(), RoleCompletion.Complete,
                static (present, wanted) => RoleCompletion.IsOfAnotherRole(present.Metadata, present.RoleRef, wanted.RoleRef), cancellationToken),
            EnsureAsync(
                WellKnownResources.RoleBindings, DefaultRoles.RoleBindings(), RoleCompletion.Complete,
                static (present, wanted) => RoleCompletion.IsOfAnotherRole(present.Metadata, present.RoleRef, wanted.RoleRef), cancellationToken));
        await EnsureJoinAsync(cancellationToken);
        _isComplete = caches.HasDefaults = true;
    }

    private async Task EnsureJoinAsync(CancellationToken cancellationToken)
    {
        var system = new ObjectReference(registry[WellKnownResources.Namespaces], new ObjectKey("", "kube-system"));
        var known = (await objects.GetAsync(system.Definition, system.Key, Freshness.Latest, cancellationToken)).SharedModel();
        if (known.Metadata.Annotations?.ContainsKey(JoinAnnotation) is true)
            return;
        await Task.WhenAll(
            EnsureAsync(WellKnownResources.Roles, JoinBindings.Roles(), static (_, _) => null, null, cancellationToken),
            EnsureAsync(WellKnownResources.RoleBindings, JoinBindings.RoleBindings(), static (_, _) => null, null, cancellationToken),
            EnsureAsync(WellKnownResources.ClusterRoleBindings, JoinBindings.ClusterRoleBindings(), static (_, _) => null, null, cancellationToken));
        // Only then: a start that breaks off in between finds them there.
        var record = JsonSerializer.SerializeToUtf8Bytes(new { metadata = new { annotations = new Dictionary<string, string> { [JoinAnnotation] = "true" } } });
        await objects.PatchAsync(system, PatchType.MergePatch, record, WriteOptions.ControlPlane, cancellationToken);
    }

    private async Task EnsureAsync<T>(
        ResourceName resource, IReadOnlyList<T> wanted, Func<T, T, T?> complete, Func<T, T, bool>? isToBeReplaced, CancellationToken cancellationToken)
        where T : class, KubeObject
    {
        var definition = registry[resource];
        var page = await objects.ListAsync(definition, new ListQuery(ObjectFilter.All, Freshness.Latest), cancellationToken);
        var present = page.Objects.ToDictionary(stored => stored.Key);
        await Task.WhenAll(wanted.Select(obj => EnsureOneAsync(obj, present.GetValueOrDefault(new ObjectKey(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name)))));

        async Task EnsureOneAsync(T obj, StoredObject? stored)
        {
            try
            {
                if (stored is not null && isToBeReplaced?.Invoke(stored.SharedModel<T>(), obj) is true)
                {
                    await objects.DeleteAsync(new ObjectReference(definition, stored.Key), new DeletionOptions { Uid = stored.Uid }, WriteOptions.ControlPlane, cancellationToken);
                    stored = null;
                }

                if (stored is null)
                    await objects.CreateAsync(definition.Storage, obj.Metadata.NamespaceProperty ?? "", obj, WriteOptions.ControlPlane, cancellationToken);
                else if (complete(stored.SharedModel<T>(), obj) is { } completed)
                    await objects.UpdateAsync(new ObjectReference(definition, stored.Key), completed, WriteOptions.ControlPlane, cancellationToken);
            }
            catch (ApiException raced) when (raced.Reason == "AlreadyExists")
            {
                // Another silo that starts has just created it.
            }
        }
    }
}
