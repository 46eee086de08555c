using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Model.Metadata;

/// <summary>The server's treatment of metadata, the same for every kind.</summary>
/// <remarks>See k8s.io/apiserver/pkg/registry/rest (BeforeCreate, BeforeUpdate, BeforeDelete).</remarks>
public static class ObjectMetaRules
{
    /// <summary>The longest grace period of a deletion, a hundred years.</summary>
    public const long GracePeriodSecondsMax = 100L * 365 * 24 * 3600;

    /// <summary>Fills in the metadata that the server determines for a new object.</summary>
    /// <param name="definition">The object's kind.</param>
    /// <param name="obj">The new object; changed in place.</param>
    /// <param name="requestNamespace">The namespace of the request; empty for cluster scope.</param>
    /// <param name="now">The creation time.</param>
    /// <exception cref="ApiException">The object's namespace contradicts the request's, or it carries a resourceVersion.</exception>
    public static void PrepareForCreate(ResourceDefinition definition, KubeObject obj, string requestNamespace, DateTimeOffset now)
    {
        obj.Metadata ??= new V1ObjectMeta();
        var meta = obj.Metadata;
        if (!string.IsNullOrEmpty(meta.ResourceVersion))
            throw ApiErrors.BadRequest("resourceVersion should not be set on objects to be created");

        SetNamespace(definition, meta, requestNamespace);
        if (string.IsNullOrEmpty(meta.Name) && !string.IsNullOrEmpty(meta.GenerateName))
            meta.Name = NameGenerator.Generate(meta.GenerateName);
        meta.Uid = Guid.CreateVersion7(now).ToString();
        meta.CreationTimestamp = TruncateToSeconds(now);
        meta.Generation = definition.TracksGeneration ? 1 : null;
        meta.DeletionTimestamp = null;
        meta.DeletionGracePeriodSeconds = null;
    }

    /// <summary>Restores the metadata that an update cannot change.</summary>
    /// <exception cref="ApiException">The update names another object, by namespace, name or uid.</exception>
    public static void PrepareForUpdate(ResourceDefinition definition, KubeObject updated, KubeObject current, string requestNamespace)
    {
        updated.Metadata ??= new V1ObjectMeta();
        var meta = updated.Metadata;
        SetNamespace(definition, meta, requestNamespace);
        if (string.IsNullOrEmpty(meta.Name))
            meta.Name = current.Metadata.Name;
        if (meta.Name != current.Metadata.Name)
        {
            throw ApiErrors.BadRequest(
                $"the name of the object ({meta.Name}) does not match the name on the URL ({current.Metadata.Name})");
        }

        if (!string.IsNullOrEmpty(meta.Uid) && meta.Uid != current.Metadata.Uid)
        {
            throw ApiErrors.Conflict(definition.Name, meta.Name,
                $"Precondition failed: UID in precondition: {meta.Uid}, UID in object meta: {current.Metadata.Uid}");
        }

        meta.Uid = current.Metadata.Uid;
        meta.CreationTimestamp = current.Metadata.CreationTimestamp;
        meta.DeletionTimestamp = current.Metadata.DeletionTimestamp;
        meta.DeletionGracePeriodSeconds = current.Metadata.DeletionGracePeriodSeconds;
        meta.Generation = current.Metadata.Generation;
        meta.GenerateName = current.Metadata.GenerateName;
    }

    /// <summary>Sets an object's deletion timestamp: it is removed when its grace period has passed and its finalizers are gone.</summary>
    /// <param name="definition">The object's kind, which determines whether there is a grace period.</param>
    /// <param name="obj">The object; changed in place.</param>
    /// <param name="gracePeriodSeconds">The requested grace period; null if there is none. A negative one counts as a second.</param>
    /// <param name="now">The moment.</param>
    /// <returns>Whether anything changed; a later deletion can only shorten the grace period.</returns>
    public static bool MarkDeleted(ResourceDefinition definition, KubeObject obj, long? gracePeriodSeconds, DateTimeOffset now)
    {
        // A longer grace period has no use, and the end of this one is still a valid time.
        var requested = gracePeriodSeconds is { } asked ? Math.Min(asked < 0 ? 1 : asked, GracePeriodSecondsMax) : (long?)null;
        var meta = obj.Metadata;
        if (meta.DeletionTimestamp is { } earlier)
        {
            var earlierGrace = meta.DeletionGracePeriodSeconds ?? 0;
            if (requested is not { } shorter || shorter >= earlierGrace)
                return false;
            meta.DeletionTimestamp = earlier.AddSeconds(shorter - earlierGrace);
            meta.DeletionGracePeriodSeconds = shorter;
            return true;
        }

        var grace = Math.Min(definition.GracePeriodSeconds(obj, requested), GracePeriodSecondsMax);
        meta.DeletionTimestamp = TruncateToSeconds(now.AddSeconds(grace));
        meta.DeletionGracePeriodSeconds = grace;
        if (meta.Generation is > 0)
            meta.Generation++;
        return true;
    }

    /// <summary>API times have no fractions of a second.</summary>
    public static DateTime TruncateToSeconds(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);

    private static void SetNamespace(ResourceDefinition definition, V1ObjectMeta meta, string requestNamespace)
    {
        if (!definition.Namespaced)
        {
            meta.NamespaceProperty = null;
            return;
        }

        if (string.IsNullOrEmpty(meta.NamespaceProperty))
            meta.NamespaceProperty = requestNamespace;
        if (meta.NamespaceProperty != requestNamespace)
        {
            throw ApiErrors.BadRequest(
                $"the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    /// <summary>Drops owner references that repeat an earlier one.</summary>
    /// <returns>The uids of the dropped ones.</returns>
    public static IReadOnlyList<string> DropDuplicateOwners(V1ObjectMeta metadata)
    {
        if (metadata.OwnerReferences is not { Count: > 1 } references)
            return [];
        var kept = new List<V1OwnerReference>(references.Count);
        var dropped = new List<string>();
        foreach (var reference in references)
        {
            if (!kept.Exists(other => SemanticEquality.Equal(other, reference)))
                kept.Add(reference);
            else if (!dropped.Contains(reference.Uid))
                dropped.Add(reference.Uid);
        }

        if (dropped.Count > 0)
            metadata.OwnerReferences = kept;
        return dropped;
    }
}
