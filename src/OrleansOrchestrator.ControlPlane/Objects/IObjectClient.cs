using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>
/// The one door to all objects, for the gateway and for the control plane itself: every write is defaulted, admitted,
/// validated and committed here. All failures that the caller caused or should know of are
/// <see cref="Model.Errors.ApiException"/>.
/// </summary>
public interface IObjectClient
{
    /// <summary>Reads one object.</summary>
    /// <exception cref="Model.Errors.ApiException">404: it does not exist.</exception>
    ValueTask<StoredObject> GetAsync(ResourceDefinition definition, ObjectKey key, Freshness freshness, CancellationToken cancellationToken);

    /// <summary>Lists objects, a page at a time.</summary>
    /// <exception cref="Model.Errors.ApiException">410: the revision or the continue token has expired.</exception>
    ValueTask<ObjectPage> ListAsync(ResourceDefinition definition, ListQuery query, CancellationToken cancellationToken);

    /// <summary>Follows changes, in batches: each batch is what was at hand. Ends only by cancellation or with an exception.
    /// Begins with the present objects and a bookmark that ends them if <see cref="WatchQuery.AfterRevision"/> is null.
    /// Yields a bookmark now and then when nothing matches.</summary>
    /// <exception cref="Model.Errors.ApiException">410: the revision has been compacted.</exception>
    IAsyncEnumerable<IReadOnlyList<WatchEvent>> WatchAsync(ResourceDefinition definition, WatchQuery query, CancellationToken cancellationToken);

    /// <summary>Reads a body in a version of a kind, and turns it into the storage version, as <see cref="CreateAsync"/> and <see cref="UpdateAsync"/> take it.</summary>
    /// <exception cref="Model.Errors.ApiException">400: malformed, of another kind, or with unknown fields where they are refused.</exception>
    KubeObject Decode(ServedVersion version, ReadOnlySpan<byte> json, WriteOptions options);

    /// <summary>Creates an object.</summary>
    /// <param name="version">The version that the creator speaks.</param>
    /// <param name="requestNamespace">The namespace of the request; empty for cluster scope.</param>
    /// <param name="obj">The object in the storage version; belongs to the callee from now on.</param>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Cancels the wait; the write may still happen.</param>
    Task<StoredObject> CreateAsync(
        ServedVersion version, string requestNamespace, KubeObject obj, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Replaces an object, or with <c>status</c> or <c>finalize</c> as the subresource that part of it.</summary>
    /// <returns>The object, and whether it was created by this call.</returns>
    Task<(StoredObject Object, bool Created)> UpdateAsync(
        ObjectReference reference, KubeObject obj, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Patches an object or its <c>status</c>.</summary>
    Task<StoredObject> PatchAsync(
        ObjectReference reference, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Applies a configuration to an object, a part of it, or one that does not exist yet: server-side apply.</summary>
    /// <param name="reference">What is applied to.</param>
    /// <param name="configuration">The configuration as JSON.</param>
    /// <param name="force">Whether fields are taken from other managers.</param>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Cancels the wait; the write may still happen.</param>
    /// <returns>The object, and whether it was created by this call.</returns>
    /// <exception cref="Model.Errors.ApiException">409: other managers own fields that would change.</exception>
    Task<(StoredObject Object, bool Created)> ApplyAsync(
        ObjectReference reference, ReadOnlyMemory<byte> configuration, bool force, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Deletes an object, or marks it as being deleted.</summary>
    Task<DeletionResult> DeleteAsync(
        ObjectReference reference, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Deletes all objects that match.</summary>
    /// <returns>The objects that were deleted or marked.</returns>
    Task<ObjectPage> DeleteCollectionAsync(
        ResourceDefinition definition, ListQuery query, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Takes through admission what comes to no object: what is created through a subresource and only answered, as a token, and
    /// connections.</summary>
    /// <returns>The request as admission has made of it.</returns>
    /// <exception cref="Model.Errors.ApiException">It is refused.</exception>
    Task<AdmissionRequest> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken);

    /// <summary>Deletes a pod as far as its disruption budgets allow, as a POST to its <c>eviction</c> subresource does.</summary>
    /// <exception cref="Model.Errors.ApiException">404: there is no such pod; 409: it is not the one that the preconditions name; 429: its
    /// budget does not allow it now; 500: it has more than one budget.</exception>
    Task EvictAsync(ObjectKey pod, V1Eviction eviction, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Binds a pod to a node, as a POST to its <c>binding</c> subresource does.</summary>
    Task BindAsync(ObjectKey pod, string? uid, string nodeName, WriteOptions options, CancellationToken cancellationToken);
}
