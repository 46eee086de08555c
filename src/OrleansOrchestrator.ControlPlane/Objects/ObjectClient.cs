using System.Runtime.CompilerServices;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Documents.FieldManagement;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <inheritdoc cref="IObjectClient"/>
internal sealed partial class ObjectClient(
    StoreClient store, WatchCaches caches, ComputedReads computed, WritePipeline pipeline, OptimisticWrites writes, PodEviction evictions,
    ResourceRegistry registry, WatchOptions watchOptions, StoreOptions storeOptions, TimeProvider time)
    : IObjectClient
{
    // Names to generate for one object. Five random characters nearly never collide twice; more collisions mean a full name space.
    private const int NamesTriedMax = 10;

    public async ValueTask<StoredObject> GetAsync(
        ResourceDefinition definition, ObjectKey key, Freshness freshness, CancellationToken cancellationToken)
    {
        if (!definition.IsStored)
            return await computed.GetAsync(definition, key, cancellationToken);
        var cache = caches[definition];
        await cache.EnsureFreshAsync(freshness, cancellationToken);
        return cache.Find(key) ?? throw ApiErrors.NotFound(definition.Name, key.Name);
    }

    public async ValueTask<ObjectPage> ListAsync(ResourceDefinition definition, ListQuery query, CancellationToken cancellationToken)
    {
        if (!definition.IsStored)
            return await computed.ListAsync(definition, query, cancellationToken);
        return await caches[definition].SelectPageAsync(query, cancellationToken);
    }

    public async IAsyncEnumerable<IReadOnlyList<WatchEvent>> WatchAsync(
        ResourceDefinition definition, WatchQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cache = caches[definition];
        var watcher = await cache.WatchAsync(query, cancellationToken);
        try
        {
            while (await ReadAsync(cache, watcher, cancellationToken) is { } events)
                yield return events;
        }
        finally
        {
            cache.Unwatch(watcher);
        }
    }

    public KubeObject Decode(ServedVersion version, ReadOnlySpan<byte> json, WriteOptions options) =>
        BodyDecoding.Decode(version, json, options);

    public async Task<AdmissionRequest> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken) =>
        await pipeline.AdmitPlainAsync(request, new AdmissionMemory(), cancellationToken);

    public async Task<StoredObject> CreateAsync(
        ServedVersion version, string requestNamespace, KubeObject obj, WriteOptions options, CancellationToken cancellationToken) =>
        await CreateAsync(CreationOf(version, requestNamespace, obj, options), new AdmissionMemory(), cancellationToken);

    public async Task<(StoredObject Object, bool Created)> UpdateAsync(
        ObjectReference reference, KubeObject obj, WriteOptions options, CancellationToken cancellationToken)
    {
        var (definition, key, subresource) = reference;
        obj.Metadata ??= new();
        NamedLike(key, obj);
        var named = obj.Metadata.ResourceVersion;
        var hasRevision = !string.IsNullOrEmpty(named) && named != "0";

        // An attempt changes the object, so that a retry begins with the bytes that were sent. With a revision only one version passes
        // its check, and every retry would be refused: no bytes are kept.
        var body = hasRevision ? null : definition.Encode(obj);
        return (await writes.RunAsync(definition, key, options, TryAsync, cancellationToken))!.Value;

        async Task<(StoredObject Object, bool Created)?> TryAsync(WriteTry attempt)
        {
            var sent = attempt.Number == 0 || body is null ? obj : definition.Decode(body);
            (sent.Metadata ??= new()).ResourceVersion = named;
            if (attempt.Version is not { } stored)
            {
                if (!definition.AllowCreateOnUpdate || subresource.Length > 0 || hasRevision)
                    throw ApiErrors.NotFound(definition.Name, key.Name);
                if (options.RequireCreate is { } require)
                    await require(cancellationToken);
                return (await CreateAsync(CreationOf(reference.ServedVersion, key.Namespace, sent, options), attempt.Memory, cancellationToken), true);
            }

            if (await TryReplaceAsync(ChangeOf(reference, sent, stored, options), attempt.Memory, cancellationToken) is { } updated)
                return (updated, false);
            return hasRevision ? throw ApiErrors.Modified(definition.Name, key.Name) : null;
        }
    }

    public Task<StoredObject> PatchAsync(
        ObjectReference reference, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken cancellationToken)
    {
        var (definition, key, _) = reference;
        return writes.RunAsync(definition, key, options, TryAsync, cancellationToken)!;

        Task<StoredObject?> TryAsync(WriteTry attempt)
        {
            if (attempt.Version is not { } stored)
                throw ApiErrors.NotFound(definition.Name, key.Name);
            var patched = PatchApplication.Apply(reference, type, stored, patch);
            var obj = BodyDecoding.DecodePatched(reference.ServedVersion, patched, options);
            return TryReplaceAsync(ChangeOf(reference, obj, stored, options), attempt.Memory, cancellationToken);
        }
    }

    /// <summary>The next events; null if the silo stops. The watch then ends as after its time-out, and the client resumes on another
    /// silo.</summary>
    private async Task<IReadOnlyList<WatchEvent>?> ReadAsync(WatchCache cache, Watcher watcher, CancellationToken cancellationToken)
    {
        try
        {
            return await watcher.ReadAsync(watchOptions.BookmarkPeriod, time, cancellationToken);
        }
        catch (ApiException ended) when (ended.Code == 503 && cache.IsStopping)
        {
            return null;
        }
    }

    private static AdmissionRequest CreationOf(ServedVersion version, string requestNamespace, KubeObject obj, WriteOptions options) => new()
    {
        Operation = AdmissionOperation.Create,
        ServedVersion = version,
        Key = new ObjectKey(requestNamespace, obj.Metadata?.Name ?? ""),
        Object = obj,
        Options = options,
    };

    private static AdmissionRequest ChangeOf(ObjectReference reference, KubeObject obj, StoredObject stored, WriteOptions options) => new()
    {
        Operation = AdmissionOperation.Update,
        ServedVersion = reference.ServedVersion,
        Key = reference.Key,
        Subresource = reference.Subresource,
        Object = obj,
        Current = stored,
        Options = options,
    };

    /// <summary>Creates an object. Values that the server chose and that turn out to be taken are chosen again.</summary>
    private async Task<StoredObject> CreateAsync(AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        var isGenerated = request.Written.Metadata is { } meta && string.IsNullOrEmpty(meta.Name) && !string.IsNullOrEmpty(meta.GenerateName);
        request = await pipeline.AdmitAsync(request, memory, cancellationToken);
        for (var names = 1; ; names++)
        {
            var write = CreationWrite(request);
            if (request.IsDryRun)
                return await DryCreateAsync(request.Definition, request.Key, write.Json!.Value, cancellationToken);

            var result = await store.CommitAsync(request.Definition, write, cancellationToken);
            if (result.Status == CommitStatus.Committed)
            {
                await WhenSeenAsync(request, result.Object!.Revision, cancellationToken);
                return result.Object!;
            }

            request = await AvoidAsync(request, result, isGenerated && names < NamesTriedMax, memory, cancellationToken)
                ?? throw Refused(request.Definition, request.Key, result);
        }
    }

    private static ObjectWrite CreationWrite(AdmissionRequest request) => new(
        WriteType.Create, request.Key.Namespace, request.Key.Name, request.Definition.Encode(request.Written), 0, request.Definition.Claims(request.Written),
        Quotas: request.Quotas, SharesClaims: request.SharesClaims);

    /// <summary>Changes a value that the server chose for a new object and that was refused.</summary>
    /// <returns>The request with another value; null if it was refused for another reason.</returns>
    private async ValueTask<AdmissionRequest?> AvoidAsync(
        AdmissionRequest request, CommitResult refusal, bool isNameGenerated, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        if (refusal.Status == CommitStatus.ClaimTaken)
            return await pipeline.ChooseAgainAsync(request, refusal.Detail!, memory, cancellationToken);
        if (refusal.Status != CommitStatus.AlreadyExists || !isNameGenerated)
            return null;
        var meta = request.Written.Metadata;
        meta.Name = Model.Names.NameGenerator.Generate(meta.GenerateName);
        return await pipeline.JudgeAsync(request with { Key = new ObjectKey(request.Key.Namespace, meta.Name) }, memory, cancellationToken);
    }

    /// <summary>Replaces an object at a known version.</summary>
    /// <returns>The object after the write; null if another writer was faster.</returns>
    private async Task<StoredObject?> TryReplaceAsync(AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        var (definition, stored) = (request.Definition, request.Current!);
        request = await pipeline.AdmitAsync(request, memory, cancellationToken);
        while (true)
        {
            var obj = request.Written;
            var json = definition.EncodeOver(obj, stored);
            if (ChangesNothing(request, json))
                return await WhenDurableAsync(definition, stored, cancellationToken);

            if (request.IsDryRun)
                return StoredObject.Read(definition, RevisionSplice.Set(json, stored.Revision));
            var isLast = IsGoneWith(definition, obj);
            var result = await store.CommitAsync(definition, new ObjectWrite(
                isLast ? WriteType.Delete : WriteType.Replace,
                request.Key.Namespace, request.Key.Name, json, stored.Revision, definition.Claims(obj), Quotas: request.Quotas,
                SharesClaims: request.SharesClaims), cancellationToken);
            switch (result.Status)
            {
                case CommitStatus.Committed:
                    await WhenSeenAsync(request, (result.Object ?? stored).Revision, cancellationToken);
                    return result.Object ?? stored;
                case CommitStatus.Conflict:
                    return null;
                case CommitStatus.ClaimTaken when await pipeline.ChooseAgainAsync(request, result.Detail!, memory, cancellationToken) is { } replaced:
                    request = replaced;
                    continue;
                default:
                    throw Refused(definition, request.Key, result);
            }
        }
    }

    /// <summary>Whether a write would change nothing, or only the timestamps of managed fields.</summary>
    private static bool ChangesNothing(AdmissionRequest request, byte[] json)
    {
        var (stored, obj) = (request.Current!, request.Written);
        if (RevisionSplice.EqualsIgnoringRevision(stored.Json.Span, json))
            return true;
        if (!OwnershipTracking.DifferInTimeOnly(obj, request.OldObject!))
            return false;
        var written = obj.Metadata.ManagedFields;
        obj.Metadata.ManagedFields = request.OldObject!.Metadata.ManagedFields;
        var isSame = RevisionSplice.EqualsIgnoringRevision(stored.Json.Span, request.Definition.EncodeOver(obj, stored));
        obj.Metadata.ManagedFields = written;
        return isSame;
    }

    /// <summary>Waits until a version that a write would leave unchanged is durable: only then may it be shown (invariant I1).</summary>
    /// <returns>The version; null if it is not the present one, or never became durable.</returns>
    private async Task<StoredObject?> WhenDurableAsync(ResourceDefinition definition, StoredObject stored, CancellationToken cancellationToken)
    {
        var cache = caches[definition];
        await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        await cache.EnsureFreshAsync(Freshness.AtLeast(stored.Revision), cancellationToken);
        return cache.Find(stored.Key) is { } shown && shown.Json.Span.SequenceEqual(stored.Json.Span) ? shown : null;
    }

    /// <summary>Whether this version is the last: the object is deleted and nothing delays it any longer.</summary>
    private static bool IsGoneWith(ResourceDefinition definition, KubeObject obj) =>
        obj.Metadata is { DeletionTimestamp: not null, DeletionGracePeriodSeconds: null or 0, Finalizers: null or { Count: 0 } }
        && !definition.IsHeld(obj);

    private async Task<StoredObject> DryCreateAsync(
        ResourceDefinition definition, ObjectKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var cache = caches[definition];
        await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        return cache.Find(key) is null ? StoredObject.Read(definition, json) : throw ApiErrors.AlreadyExists(definition.Name, key.Name);
    }

    private static void NamedLike(ObjectKey key, KubeObject obj)
    {
        if (string.IsNullOrEmpty(obj.Metadata.Name))
            obj.Metadata.Name = key.Name;
        if (obj.Metadata.Name != key.Name)
            throw ApiErrors.BadRequest($"the name of the object ({obj.Metadata.Name}) does not match the name on the URL ({key.Name})");
    }

    private static ApiException Refused(ResourceDefinition definition, ObjectKey key, CommitResult result) => result.Status switch
    {
        CommitStatus.AlreadyExists => ApiErrors.AlreadyExists(definition.Name, key.Name),
        CommitStatus.NotFound => ApiErrors.NotFound(definition.Name, key.Name),
        CommitStatus.Conflict => ApiErrors.Modified(definition.Name, key.Name),
        CommitStatus.Unknown => ApiErrors.Timeout(result.Detail ?? "the write may or may not have happened"),
        CommitStatus.Unavailable or CommitStatus.DatabaseAway => ApiErrors.ServiceUnavailable(result.Detail ?? "the object store is not available"),
        CommitStatus.QuotaExceeded => ApiErrors.Forbidden(definition.Name, key.Name, result.Detail!),
        CommitStatus.TooLarge => ApiErrors.TooLarge(result.Detail!),
        CommitStatus.Overloaded => ApiErrors.TooManyRequests("too many writes are waiting, please try again later", 1),
        _ => ApiErrors.Internal($"the write was refused: {result.Detail}"),
    };
}
