using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

internal sealed partial class ObjectClient
{
    /// <summary>The beginning of the error when the object of that name has another uid.</summary>
    internal const string UidMismatch = "the UID in the precondition";

    // The deletions of one request in flight: enough to share commits, and few beside the changes that a store lets wait (20,000).
    private const int DeletionsAtOnceMax = 128;

    public Task<DeletionResult> DeleteAsync(
        ObjectReference reference, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken) =>
        DeleteAsync(reference, deletion, options, isEviction: false, cancellationToken);

    private Task<DeletionResult> DeleteAsync(
        ObjectReference reference, DeletionOptions deletion, WriteOptions options, bool isEviction, CancellationToken cancellationToken)
    {
        var (definition, key, subresource) = reference;
        string? uid = null;
        return writes.RunAsync(definition, key, options, TryAsync, cancellationToken)!;

        async Task<DeletionResult?> TryAsync(WriteTry attempt)
        {
            if (attempt.Version is not { } stored)
                throw ApiErrors.NotFound(definition.Name, key.Name);
            CheckPreconditions(definition, stored, deletion);

            // A deletion that lost a race may find a new object of the same name, which nobody asked to delete. Only the first version
            // may be missing.
            if (uid is not null && stored.Uid != uid)
                throw ApiErrors.NotFound(definition.Name, key.Name);
            if (!isEviction)
            {
                var request = new AdmissionRequest
                {
                    Operation = AdmissionOperation.Delete,
                    ServedVersion = reference.ServedVersion,
                    Key = key,
                    Subresource = subresource,
                    Current = stored,
                    Deletion = deletion,
                    Options = options,
                };
                await pipeline.AdmitPlainAsync(request, attempt.Memory, cancellationToken);
            }

            var obj = stored.Decode();
            var hasFailed = obj is V1Pod pod && Announce(pod, deletion);
            var result = await TryDeleteAsync(definition, stored, obj, hasFailed, deletion, options, cancellationToken);
            if (result is null && attempt.Number > 0)
                uid = stored.Uid;
            return result;
        }
    }

    /// <summary>Says on a pod why it goes, and that it has failed if nobody else can say so.</summary>
    /// <returns>Whether it has failed by this deletion. That is news, even if the pod is being deleted already.</returns>
    private bool Announce(V1Pod pod, DeletionOptions deletion)
    {
        deletion.Disruption?.AnnounceOn(pod, ObjectMetaRules.TruncateToSeconds(time.GetUtcNow()));
        if (!deletion.FailsPod || pod.IsTerminal)
            return false;
        (pod.Status ??= new V1PodStatus()).Phase = PodPhase.Failed;
        return true;
    }

    public async Task<ObjectPage> DeleteCollectionAsync(
        ResourceDefinition definition, ListQuery query, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken)
    {
        var page = await ListAsync(definition, query, cancellationToken);

        // Concurrently, so that the deletions share commits, which contain their last states.
        foreach (var some in page.Objects.InBatches(DeletionsAtOnceMax, storeOptions.CommitBytesMax, static obj => obj.Json.Length))
            await Task.WhenAll(some.Select(obj => DeleteIfThereAsync(obj, deletion, options, cancellationToken)));
        return page;
    }

    private async Task DeleteIfThereAsync(StoredObject obj, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await DeleteAsync(new ObjectReference(obj.Definition, obj.Key), deletion with { Uid = obj.Uid }, options, cancellationToken);
        }
        catch (ApiException gone) when (gone.Code is 404 or 409)
        {
            // Another writer deleted it, or deleted it and created a new one: this object is gone either way.
        }
    }

    /// <summary>Deletes an object at a known version, or marks it with a deletion timestamp.</summary>
    /// <returns>The outcome; null if another writer was faster.</returns>
    private async Task<DeletionResult?> TryDeleteAsync(
        ResourceDefinition definition, StoredObject stored, KubeObject obj, bool hasFailed, DeletionOptions deletion, WriteOptions options,
        CancellationToken cancellationToken)
    {
        var finalizersChanged = SetPropagation(obj, deletion.Propagation ?? PropagationByDefault(definition, obj));
        var marked = ObjectMetaRules.MarkDeleted(definition, obj, deletion.GracePeriodSeconds, time.GetUtcNow());
        definition.PrepareForDeletion(obj);
        var isGone = IsGoneWith(definition, obj);
        if (!isGone && !marked && !finalizersChanged && !hasFailed)
            return await WhenDurableAsync(definition, stored, cancellationToken) is { } shown ? new DeletionResult(shown, IsGone: false) : null;

        // An object that is deleted at once never has a deletion timestamp: its last state stays unchanged, but for the end of a pod.
        var isAtOnce = isGone && !stored.IsDeleting && !options.DryRun;
        var staysAsItWas = isAtOnce && deletion.Disruption is null && !deletion.FailsPod;
        if (isAtOnce)
            (obj.Metadata.DeletionTimestamp, obj.Metadata.DeletionGracePeriodSeconds) = (null, null);
        var json = staysAsItWas ? (ReadOnlyMemory<byte>?)null : definition.Encode(obj);
        if (options.DryRun)
            return new DeletionResult(StoredObject.Read(definition, RevisionSplice.Set(json!.Value.Span, stored.Revision)), isGone);

        var result = await store.CommitAsync(definition, new ObjectWrite(
            isGone ? WriteType.Delete : WriteType.Replace,
            stored.Key.Namespace, stored.Key.Name, json, stored.Revision, definition.Claims(obj), SharesClaims: definition.UsersMayShareClaims), cancellationToken);
        if (result.Status == CommitStatus.Committed && (definition.Name == WellKnownResources.Namespaces || IsLimit(definition)))
            await WhenSeenAsync(definition, (result.Object ?? stored).Revision, cancellationToken);
        return result.Status switch
        {
            CommitStatus.Committed => new DeletionResult(result.Object ?? stored, isGone),
            CommitStatus.Conflict => null,
            _ => throw Refused(definition, stored.Key, result),
        };
    }

    /// <summary>Waits until no silo admits anything by the state before a write, where admission of other objects rests on it: limits and
    /// quotas of a namespace, and its end.</summary>
    private Task WhenSeenAsync(AdmissionRequest request, long revision, CancellationToken cancellationToken) =>
        request.Subresource.Length == 0 && IsLimit(request.Definition) ? WhenSeenAsync(request.Definition, revision, cancellationToken) : Task.CompletedTask;

    private static bool IsLimit(ResourceDefinition definition) =>
        definition.Name == WellKnownResources.ResourceQuotas || definition.Name == WellKnownResources.LimitRanges;

    private async Task WhenSeenAsync(ResourceDefinition definition, long revision, CancellationToken cancellationToken)
    {
        try
        {
            await store.WhenSeenAsync(definition, revision, cancellationToken);
        }
        catch (ApiException unavailable) when (unavailable.Code == 503)
        {
            // The deletion has happened. The attempts lasted longer than any silo trusts a cache.
        }
    }

    /// <summary>The propagation of a deletion without one: the object's choice, or else the kind's default.</summary>
    /// <returns>Null if nothing has to be written for it.</returns>
    private static DeletionPropagation? PropagationByDefault(ResourceDefinition definition, KubeObject obj)
    {
        var isSaid = obj.Metadata.Finalizers?.Any(finalizer => finalizer is PropagationFinalizers.Orphan or PropagationFinalizers.Foreground) == true;
        return isSaid || definition.DefaultPropagation == DeletionPropagation.Background ? null : definition.DefaultPropagation;
    }

    /// <summary>Sets the finalizers that tell the garbage collector what to do with dependents.</summary>
    /// <returns>Whether they changed.</returns>
    private static bool SetPropagation(KubeObject obj, DeletionPropagation? propagation)
    {
        if (propagation is null)
            return false;
        var before = obj.Metadata.Finalizers ?? [];
        var after = before.Where(finalizer => finalizer is not (PropagationFinalizers.Orphan or PropagationFinalizers.Foreground)).ToList();
        if (propagation == DeletionPropagation.Orphan)
            after.Add(PropagationFinalizers.Orphan);
        else if (propagation == DeletionPropagation.Foreground)
            after.Add(PropagationFinalizers.Foreground);
        obj.Metadata.Finalizers = after.Count > 0 ? after : null;
        return !before.SequenceEqual(after, StringComparer.Ordinal);
    }

    private static void CheckPreconditions(ResourceDefinition definition, StoredObject stored, DeletionOptions deletion)
    {
        if (deletion.Uid is { } uid && uid != stored.Uid)
        {
            throw ApiErrors.Conflict(definition.Name, stored.Key.Name,
                $"{UidMismatch} ({uid}) does not match the UID in record ({stored.Uid}). The object might have been deleted and then recreated");
        }

        if (deletion.ResourceVersion is { Length: > 0 } revision && revision != stored.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture))
        {
            throw ApiErrors.Conflict(definition.Name, stored.Key.Name,
                $"the ResourceVersion in the precondition ({revision}) does not match the ResourceVersion in record ({stored.Revision}). The object might have been modified");
        }
    }
}
