using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>
/// The single entry point to all objects, for the gateway and for the control plane itself: every write is defaulted, admitted,
/// validated and committed here. Every failure that the caller caused or should know is an <see cref="Model.Errors.ApiException"/>.
/// </summary>
public interface IObjectClient
{
    /// <summary>Reads one object.</summary>
    /// <exception cref="Model.Errors.ApiException">404: it does not exist.</exception>
    ValueTask<StoredObject> GetAsync(ResourceDefinition definition, ObjectKey key, Freshness freshness, CancellationToken cancellationToken);

    /// <summary>Lists objects, a page at a time.</summary>
    /// <exception cref="Model.Errors.ApiException">410: the revision or the continue token has expired.</exception>
    ValueTask<ObjectPage> ListAsync(ResourceDefinition definition, ListQuery query, CancellationToken cancellationToken);

    /// <summary>Follows changes in batches; each batch has the events at hand. Ends only by cancellation or with an exception. If <see
    /// cref="WatchQuery.AfterRevision"/> is null, it begins with the present objects and a bookmark that ends them. Yields a bookmark
    /// now and then when nothing matches.</summary>
    /// <exception cref="Model.Errors.ApiException">410: the revision has been compacted.</exception>
    IAsyncEnumerable<IReadOnlyList<WatchEvent>> WatchAsync(ResourceDefinition definition, WatchQuery query, CancellationToken cancellationToken);

    /// <summary>Decodes a body in a version of a kind, and converts it to the storage version for <see cref="CreateAsync"/> and <see
    /// cref="UpdateAsync"/>.</summary>
    /// <exception cref="Model.Errors.ApiException">400: malformed, of another kind, or with unknown fields under strict
    /// validation.</exception>
    KubeObject Decode(ServedVersion version, ReadOnlySpan<byte> json, WriteOptions options);

    /// <summary>Creates an object.</summary>
    /// <param name="version">The version that the sender uses.</param>
    /// <param name="requestNamespace">The namespace of the request; empty for cluster scope.</param>
    /// <param name="obj">The object in the storage version. The callee owns it from now on.</param>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Cancels the wait; the write may still happen.</param>
    Task<StoredObject> CreateAsync(
        ServedVersion version, string requestNamespace, KubeObject obj, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Replaces an object or, with the subresource <c>status</c> or <c>finalize</c>, that part of it.</summary>
    /// <returns>The object, and whether it was created by this call.</returns>
    Task<(StoredObject Object, bool Created)> UpdateAsync(
        ObjectReference reference, KubeObject obj, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Patches an object or its <c>status</c>.</summary>
    Task<StoredObject> PatchAsync(
        ObjectReference reference, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Server-side apply: applies a configuration to an object or a part of it, and creates an object that does not
    /// exist.</summary>
    /// <param name="reference">The object.</param>
    /// <param name="configuration">The configuration as JSON.</param>
    /// <param name="force">Whether to take fields over from other managers.</param>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Cancels the wait; the write may still happen.</param>
    /// <returns>The object, and whether it was created by this call.</returns>
    /// <exception cref="Model.Errors.ApiException">409: other managers own fields that would change.</exception>
    Task<(StoredObject Object, bool Created)> ApplyAsync(
        ObjectReference reference, ReadOnlyMemory<byte> configuration, bool force, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Deletes an object, or marks it with a deletion timestamp.</summary>
    Task<DeletionResult> DeleteAsync(
        ObjectReference reference, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Deletes all objects that match.</summary>
    /// <returns>The objects that were deleted or marked.</returns>
    Task<ObjectPage> DeleteCollectionAsync(
        ResourceDefinition definition, ListQuery query, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Runs admission for requests without a stored object: creations through a subresource that are only answered, such as
    /// tokens, and connections.</summary>
    /// <returns>The request after admission.</returns>
    /// <exception cref="Model.Errors.ApiException">The request is refused.</exception>
    Task<AdmissionRequest> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken);

    /// <summary>Deletes a pod if its disruption budgets allow it, as a POST to its <c>eviction</c> subresource does.</summary>
    /// <exception cref="Model.Errors.ApiException">404: there is no such pod; 409: the preconditions name another pod; 429: its budget
    /// does not allow it now; 500: it has more than one budget.</exception>
    Task EvictAsync(ObjectKey pod, V1Eviction eviction, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Binds a pod to a node, as a POST to its <c>binding</c> subresource does.</summary>
    Task BindAsync(ObjectKey pod, string? uid, string nodeName, WriteOptions options, CancellationToken cancellationToken);
}
