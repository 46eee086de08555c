using System.Runtime.CompilerServices;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.FieldManagement;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <inheritdoc cref="IObjectClient"/>
internal sealed partial class ObjectClient(
    StoreClient store, WatchCaches caches, ComputedReads computed, WritePipeline pipeline, ResourceRegistry registry, WatchOptions watchOptions,
    StoreOptions storeOptions, TimeProvider time)
    : IObjectClient
{
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

    public KubeObject Decode(ResourceForm form, ReadOnlySpan<byte> json, WriteOptions options) =>
        WritePipeline.Decode(form, json, options);

    public async Task<StoredObject> CreateAsync(
        ResourceForm form, string requestNamespace, KubeObject obj, WriteOptions options, CancellationToken cancellationToken)
    {
        var definition = form.Definition;
        var generated = obj.Metadata is { } meta && string.IsNullOrEmpty(meta.Name) && !string.IsNullOrEmpty(meta.GenerateName);
        var request = await pipeline.PrepareCreateAsync(form, requestNamespace, obj, options, cancellationToken);
        for (var names = 1; ; names++)
        {
            var key = new ObjectKey(requestNamespace, obj.Metadata.Name);
            var json = definition.Encode(obj);
            if (options.DryRun)
                return await DryCreateAsync(definition, key, json, cancellationToken);

            var result = await store.CommitAsync(
                definition, new ObjectWrite(WriteType.Create, key.Namespace, key.Name, json, 0, definition.Claims(obj)), cancellationToken);
            if (result.Status == WriteStatus.Committed)
                return result.Object!;
            if (!TryAvoid(result, request, obj, generated && names < NamesTriedMax))
                throw Refused(definition, key, result);
        }
    }

    public async Task<(StoredObject Object, bool Created)> UpdateAsync(
        ObjectReference reference, KubeObject obj, WriteOptions options, CancellationToken cancellationToken)
    {
        var (definition, key, subresource) = reference;
        obj.Metadata ??= new();
        NamedLike(key, obj);
        var named = obj.Metadata.ResourceVersion;
        var hasRevision = !string.IsNullOrEmpty(named) && named != "0";
        var body = hasRevision ? null : definition.Encode(obj);
        var isFresh = true;
        return (await OnNewestAsync(definition, key, options, TryAsync, cancellationToken))!.Value;

        async Task<(StoredObject Object, bool Created)?> TryAsync(StoredObject? stored)
        {
            // What an earlier try has prepared is not what the client sent. With a revision, only one version gets past its
            // check and is prepared for; any other must be refused by it again.
            var sent = isFresh || body is null ? obj : definition.Decode(body);
            (sent.Metadata ??= new()).ResourceVersion = named;
            isFresh = false;
            if (stored is null)
            {
                if (!definition.AllowCreateOnUpdate || subresource.Length > 0 || hasRevision)
                    throw ApiErrors.NotFound(definition.Name, key.Name);
                return (await CreateAsync(reference.Form, key.Namespace, sent, options, cancellationToken), true);
            }

            if (await TryReplaceAsync(reference, sent, stored, options, cancellationToken) is { } updated)
                return (updated, false);
            return hasRevision ? throw ApiErrors.Modified(definition.Name, key.Name) : null;
        }
    }

    public Task<StoredObject> PatchAsync(
        ObjectReference reference, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken cancellationToken)
    {
        var (definition, key, _) = reference;
        return OnNewestAsync(definition, key, options, TryAsync, cancellationToken)!;

        Task<StoredObject?> TryAsync(StoredObject? stored)
        {
            if (stored is null)
                throw ApiErrors.NotFound(definition.Name, key.Name);
            var patched = PatchApplication.Apply(reference.Form, type, stored, patch);
            return TryReplaceAsync(reference, WritePipeline.DecodePatched(reference.Form, patched, options), stored, options, cancellationToken);
        }
    }

    /// <summary>The next events; null if the silo stops, which ends a watch like the end of its time: the client resumes elsewhere.</summary>
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

    /// <summary>
    /// Works on the version of an object that this silo knows, which is the newest one unless it was written a moment ago, and
    /// on the newest accepted one each time that somebody else was faster. Of those who race one always wins, so that it ends,
    /// at the latest with the request's own time. Whatever the version, only the newest one can be replaced.
    /// A refusal shows what it rests on, and that may still be taken back: it is worked out again on a version that is durable
    /// (invariant I1).
    /// </summary>
    /// <param name="definition">The kind.</param>
    /// <param name="key">The object.</param>
    /// <param name="options">A dry run replaces nothing, and begins with the newest version.</param>
    /// <param name="work">Takes the version, null if there is none; its result is null if somebody else was faster.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The result, not null.</returns>
    private async Task<T> OnNewestAsync<T>(
        ResourceDefinition definition, ObjectKey key, WriteOptions options, Func<StoredObject?, Task<T>> work, CancellationToken cancellationToken)
    {
        var known = options.DryRun ? null : caches.TryGet(definition)?.Find(key);
        while (true)
        {
            var version = known ?? await store.ReadForWriteAsync(definition, key, cancellationToken);
            known = null;
            try
            {
                if (await work(version) is { } done)
                    return done;
            }
            catch (ApiException refusal) when (refusal.Code is 400 or 403 or 404 or 409 or 422)
            {
                var settled = await store.ReadSettledAsync(definition, key, cancellationToken);
                if (settled?.Revision == version?.Revision)
                    throw;
                if (await work(settled) is { } done)
                    return done;
            }
        }
    }

    /// <summary>Replaces an object that is at a known version.</summary>
    /// <returns>The object after the write; null if somebody else was faster.</returns>
    private async Task<StoredObject?> TryReplaceAsync(
        ObjectReference reference, KubeObject obj, StoredObject stored, WriteOptions options, CancellationToken cancellationToken)
    {
        var definition = reference.Definition;
        var request = await pipeline.PrepareUpdateAsync(reference, obj, stored, options, cancellationToken);
        while (true)
        {
            var json = definition.Encode(obj);
            if (ChangesNothing(request, stored, json))
                return await WhenDurableAsync(definition, stored, cancellationToken);

            if (options.DryRun)
                return StoredObject.Read(definition, RevisionSplice.Set(json, stored.Revision));
            var isLast = IsGoneWith(definition, obj);
            var result = await store.CommitAsync(definition, new ObjectWrite(
                isLast ? WriteType.Delete : WriteType.Replace,
                reference.Key.Namespace, reference.Key.Name, json, stored.Revision, definition.Claims(obj)), cancellationToken);
            switch (result.Status)
            {
                case WriteStatus.Committed:
                    return result.Object ?? stored;
                case WriteStatus.Conflict:
                    return null;
                case WriteStatus.ClaimTaken when pipeline.TryReplaceClaim(request, result.Detail!):
                    continue;
                default:
                    throw Refused(definition, reference.Key, result);
            }
        }
    }

    /// <summary>Whether a write would change nothing, or only the times at which managers wrote what they own anyway.</summary>
    private static bool ChangesNothing(Admission.AdmissionRequest request, StoredObject stored, byte[] json)
    {
        if (RevisionSplice.EqualsIgnoringRevision(stored.Json.Span, json))
            return true;
        var (updated, current) = (request.Object.Metadata, request.Current!.Metadata);
        if (!OwnershipTracking.DifferInTimeOnly(request.Object, request.Current))
            return false;
        var written = updated.ManagedFields;
        updated.ManagedFields = current.ManagedFields;
        var isSame = RevisionSplice.EqualsIgnoringRevision(stored.Json.Span, request.Definition.Encode(request.Object));
        updated.ManagedFields = written;
        return isSame;
    }

    /// <summary>Waits until a version that a write would not change is durable: only then may it be shown (invariant I1).</summary>
    /// <returns>The version; null if it is not the present one, or never became durable.</returns>
    private async Task<StoredObject?> WhenDurableAsync(ResourceDefinition definition, StoredObject stored, CancellationToken cancellationToken)
    {
        var cache = caches[definition];
        await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        await cache.EnsureFreshAsync(Freshness.AtLeast(stored.Revision), cancellationToken);
        return cache.Find(stored.Key) is { } shown && shown.Json.Span.SequenceEqual(stored.Json.Span) ? shown : null;
    }

    /// <summary>Whether nothing keeps a deleted object any longer once this version of it is written.</summary>
    private static bool IsGoneWith(ResourceDefinition definition, KubeObject obj) =>
        obj.Metadata is { DeletionTimestamp: not null, DeletionGracePeriodSeconds: null or 0, Finalizers: null or { Count: 0 } }
        && !definition.IsHeld(obj);

    private async Task<StoredObject> DryCreateAsync(
        ResourceDefinition definition, ObjectKey key, byte[] json, CancellationToken cancellationToken)
    {
        var cache = caches[definition];
        await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        return cache.Find(key) is null ? StoredObject.Read(definition, json) : throw ApiErrors.AlreadyExists(definition.Name, key.Name);
    }

    /// <summary>Changes what the server itself chose about an object, where that is what was refused.</summary>
    private bool TryAvoid(WriteResult refusal, Admission.AdmissionRequest request, KubeObject obj, bool nameIsGenerated)
    {
        if (refusal.Status == WriteStatus.ClaimTaken)
            return pipeline.TryReplaceClaim(request, refusal.Detail!);
        if (refusal.Status != WriteStatus.AlreadyExists || !nameIsGenerated)
            return false;
        obj.Metadata.Name = Model.Names.NameGenerator.Generate(obj.Metadata.GenerateName);
        return true;
    }

    private static void NamedLike(ObjectKey key, KubeObject obj)
    {
        if (string.IsNullOrEmpty(obj.Metadata.Name))
            obj.Metadata.Name = key.Name;
        if (obj.Metadata.Name != key.Name)
            throw ApiErrors.BadRequest($"the name of the object ({obj.Metadata.Name}) does not match the name on the URL ({key.Name})");
    }

    private static ApiException Refused(ResourceDefinition definition, ObjectKey key, WriteResult result) => result.Status switch
    {
        WriteStatus.AlreadyExists => ApiErrors.AlreadyExists(definition.Name, key.Name),
        WriteStatus.NotFound => ApiErrors.NotFound(definition.Name, key.Name),
        WriteStatus.Conflict => ApiErrors.Modified(definition.Name, key.Name),
        WriteStatus.Unknown => ApiErrors.Timeout(result.Detail ?? "the write may or may not have happened"),
        WriteStatus.Unavailable or WriteStatus.DatabaseAway => ApiErrors.ServiceUnavailable(result.Detail ?? "the object store is not available"),
        WriteStatus.TooLarge => ApiErrors.TooLarge(result.Detail!),
        WriteStatus.Overloaded => ApiErrors.TooManyRequests("too many writes are waiting, please try again later", 1),
        _ => ApiErrors.Internal($"the write was refused: {result.Detail}"),
    };
}
