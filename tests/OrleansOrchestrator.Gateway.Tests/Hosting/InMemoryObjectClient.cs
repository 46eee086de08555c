using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Documents.FieldManagement;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

/// <summary>The least that behaves like the control plane from the gateway's side: objects in memory, one order of changes,
/// watches, and a record of what the gateway asked for.</summary>
internal sealed class InMemoryObjectClient : IObjectClient
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(string Resource, ObjectKey Key), StoredObject> _objects =
        new(Comparer<(string Resource, ObjectKey Key)>.Create((left, right) =>
            string.CompareOrdinal(left.Resource, right.Resource) is var order && order != 0 ? order : left.Key.CompareTo(right.Key)));

    private readonly List<(ResourceDefinition Definition, WatchEvent Event)> _log = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _revision = 1;

    /// <summary>Thrown by the next call, if set.</summary>
    public Exception? NextFailure { get; set; }

    /// <summary>Runs at the start of every read and write, if set.</summary>
    public Func<CancellationToken, Task>? OnCall { get; set; }

    public ListQuery? LastList { get; private set; }

    public WatchQuery? LastWatch { get; private set; }

    public WriteOptions? LastWrite { get; private set; }

    public DeletionOptions? LastDeletion { get; private set; }

    public Freshness? LastFreshness { get; private set; }

    public (ObjectKey Pod, string? Uid, string Node)? LastBinding { get; private set; }

    public AdmissionRequest? LastAdmitted { get; private set; }

    public string LastSubresource { get; private set; } = "";

    public async ValueTask<StoredObject> GetAsync(ResourceDefinition definition, ObjectKey key, Freshness freshness, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        LastFreshness = freshness;
        lock (_lock)
            return Find(definition, key);
    }

    public async ValueTask<ObjectPage> ListAsync(ResourceDefinition definition, ListQuery query, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        LastList = query;
        lock (_lock)
        {
            var after = query.Continue is null ? default : ObjectKey.Parse(query.Continue);
            var found = Of(definition).Where(obj => query.Filter.Matches(obj) && (query.Continue is null || obj.Key.CompareTo(after) > 0)).ToList();
            var page = query.Limit > 0 ? found.Take(query.Limit).ToList() : found;
            var remaining = found.Count - page.Count;
            return new ObjectPage(page, _revision, remaining > 0 ? page[^1].Key.ToString() : null, remaining > 0 ? remaining : null);
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<WatchEvent>> WatchAsync(
        ResourceDefinition definition, WatchQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The gateway's own watch is not what a test asks for.
        var isOfClient = definition.Name != WellKnownResources.APIServices;
        if (isOfClient)
        {
            await EnterAsync(cancellationToken);
            LastWatch = query;
        }

        int position;
        List<WatchEvent> first = [];
        lock (_lock)
        {
            position = query.AfterRevision is { } after ? _log.TakeWhile(entry => entry.Event.Revision <= after).Count() : _log.Count;
            if (query.AfterRevision is null)
            {
                first.AddRange(Of(definition).Where(query.Filter.Matches).Select(obj => new WatchEvent(WatchEventType.Added, obj.Revision, obj)));
                first.Add(new WatchEvent(WatchEventType.Bookmark, _revision, null, EndsInitialEvents: true));
            }
        }

        if (first.Count > 0)
            yield return first;
        while (true)
        {
            Task changed;
            List<WatchEvent> batch;
            lock (_lock)
            {
                batch = [.. _log.Skip(position)
                    .Where(entry => entry.Definition == definition && (entry.Event.Object is null || query.Filter.Matches(entry.Event.Object)))
                    .Select(entry => entry.Event)];
                position = _log.Count;
                changed = _changed.Task;
            }

            if (isOfClient && NextFailure is { } failure)
            {
                NextFailure = null;
                throw failure;
            }

            if (batch.Count > 0)
                yield return batch;
            await changed.WaitAsync(cancellationToken);
        }
    }

    public KubeObject Decode(ServedVersion version, ReadOnlySpan<byte> json, WriteOptions options)
    {
        try
        {
            var obj = version.Decode(json);
            if (!string.IsNullOrEmpty(obj.Kind) && obj.Kind != version.Definition.Kind)
                throw ApiErrors.BadRequest($"kind {obj.Kind} is not {version.Definition.Kind}");
            if (obj.Metadata?.Annotations?.TryGetValue("warn", out var warning) == true)
                options.Warn?.Invoke(warning);
            return version.ToStorage(obj);
        }
        catch (JsonException malformed)
        {
            throw ApiErrors.BadRequest(malformed.Message);
        }
    }

    public async Task<StoredObject> CreateAsync(
        ServedVersion version, string requestNamespace, KubeObject obj, WriteOptions options, CancellationToken cancellationToken)
    {
        var definition = version.Definition;
        await EnterAsync(cancellationToken);
        LastWrite = options;
        ObjectMetaRules.PrepareForCreate(definition, obj, requestNamespace, TimeProvider.System.GetUtcNow());
        definition.ApplyDefaults(obj);
        if (options.Tracking == FieldTracking.Full)
            OwnershipTracking.OnCreate(version, obj, WriterOf(options, ""));
        lock (_lock)
        {
            var key = new ObjectKey(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name);
            if (_objects.ContainsKey((definition.Name.ToString(), key)))
                throw ApiErrors.AlreadyExists(definition.Name, key.Name);
            return Commit(definition, obj, WatchEventType.Added, options.DryRun);
        }
    }

    public async Task<(StoredObject Object, bool Created)> UpdateAsync(
        ObjectReference reference, KubeObject obj, WriteOptions options, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        LastWrite = options;
        LastSubresource = reference.Subresource;
        lock (_lock)
        {
            var current = Find(reference.Definition, reference.Key);
            if (!string.IsNullOrEmpty(obj.Metadata?.ResourceVersion) && obj.Metadata.ResourceVersion != current.Revision.ToString())
                throw ApiErrors.Modified(reference.Definition.Name, reference.Key.Name);
            Prepare(reference, obj, current, options);
            return (Commit(reference.Definition, obj, WatchEventType.Modified, options.DryRun), false);
        }
    }

    public async Task<StoredObject> PatchAsync(
        ObjectReference reference, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        LastWrite = options;
        LastSubresource = reference.Subresource;
        lock (_lock)
        {
            var current = Find(reference.Definition, reference.Key);
            var target = JsonNode.Parse(reference.ServedVersion.JsonOf(current).Span)!;
            var merged = type switch
            {
                PatchType.JsonPatch => JsonPatch.Apply(target, patch.Span),
                PatchType.MergePatch => JsonMergePatch.Apply(target, patch.Span),
                _ => StrategicMergePatch.Apply(target, patch.Span, reference.ServedVersion.ModelType),
            };
            var obj = reference.ServedVersion.ToStorage(reference.ServedVersion.Decode(JsonSerializer.SerializeToUtf8Bytes(merged)));
            Prepare(reference, obj, current, options);
            return Commit(reference.Definition, obj, WatchEventType.Modified, options.DryRun);
        }
    }

    public async Task<(StoredObject Object, bool Created)> ApplyAsync(
        ObjectReference reference, ReadOnlyMemory<byte> configuration, bool force, WriteOptions options, CancellationToken cancellationToken)
    {
        var (definition, key, subresource) = reference;
        var wanted = ApplyConfiguration.Read(reference.ServedVersion, configuration.Span);
        StoredObject? current;
        lock (_lock)
            _objects.TryGetValue((definition.Name.ToString(), key), out current);
        var applied = ServerSideApply.Apply(
            reference.ServedVersion, current is null ? (ReadOnlyMemory<byte>?)null : reference.ServedVersion.JsonOf(current), wanted, WriterOf(options, subresource), force);
        var obj = reference.ServedVersion.ToStorage(reference.ServedVersion.Decode(applied.Json.Span));
        applied.Complete(obj);
        if (current is null)
            return (await CreateAsync(reference.ServedVersion, key.Namespace, obj, options with { Tracking = FieldTracking.Settled }, cancellationToken), true);
        return await UpdateAsync(reference, obj, options with { Tracking = FieldTracking.Settled }, cancellationToken);
    }

    public async Task<DeletionResult> DeleteAsync(
        ObjectReference reference, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        LastWrite = options;
        LastDeletion = deletion;
        lock (_lock)
        {
            var current = Find(reference.Definition, reference.Key);
            if (current.HasFinalizers)
            {
                var marked = current.Decode();
                ObjectMetaRules.MarkDeleted(reference.Definition, marked, deletion.GracePeriodSeconds, TimeProvider.System.GetUtcNow());
                return new DeletionResult(Commit(reference.Definition, marked, WatchEventType.Modified, options.DryRun), false);
            }

            return new DeletionResult(Remove(reference.Definition, current, options.DryRun), true);
        }
    }

    public async Task<ObjectPage> DeleteCollectionAsync(
        ResourceDefinition definition, ListQuery query, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        LastList = query;
        LastDeletion = deletion;
        lock (_lock)
        {
            var removed = Of(definition).Where(query.Filter.Matches).ToList().ConvertAll(obj => Remove(definition, obj, options.DryRun));
            return new ObjectPage(removed, _revision, null, null);
        }
    }

    public Task BindAsync(ObjectKey pod, string? uid, string nodeName, WriteOptions options, CancellationToken cancellationToken)
    {
        LastBinding = (pod, uid, nodeName);
        return Task.CompletedTask;
    }

    public async Task EvictAsync(
        ObjectKey pod, V1Eviction eviction, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken) =>
        await DeleteAsync(new ObjectReference(BuiltInKinds.Registry[WellKnownResources.Pods], pod), deletion, options, cancellationToken);

    public async Task<AdmissionRequest> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        LastAdmitted = request;
        return request;
    }

    private static FieldWriter WriterOf(WriteOptions options, string subresource) =>
        new(options.FieldManager, subresource, ObjectMetaRules.TruncateToSeconds(TimeProvider.System.GetUtcNow()));

    private static void Prepare(ObjectReference reference, KubeObject updated, StoredObject stored, WriteOptions options)
    {
        var current = stored.Decode();
        ObjectMetaRules.PrepareForUpdate(reference.Definition, updated, current, reference.Key.Namespace);
        if (options.Tracking == FieldTracking.Settled)
            return;
        OwnershipTracking.OnUpdate(
            reference.ServedVersion, updated, stored, WriterOf(options, reference.Subresource));
    }

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        if (OnCall is { } call)
            await call(cancellationToken);
        if (NextFailure is { } failure)
        {
            NextFailure = null;
            throw failure;
        }
    }

    private IEnumerable<StoredObject> Of(ResourceDefinition definition) =>
        _objects.Where(entry => entry.Key.Resource == definition.Name.ToString()).Select(entry => entry.Value);

    private StoredObject Find(ResourceDefinition definition, ObjectKey key) =>
        _objects.TryGetValue((definition.Name.ToString(), key), out var found) ? found : throw ApiErrors.NotFound(definition.Name, key.Name);

    private StoredObject Commit(ResourceDefinition definition, KubeObject obj, WatchEventType type, bool isDryRun)
    {
        var key = new ObjectKey(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name);
        if (_objects.TryGetValue((definition.Name.ToString(), key), out var present)
            && RevisionSplice.EqualsIgnoringRevision(present.Json.Span, definition.Encode(obj)))
        {
            return present;
        }

        var stored = StoredObject.Read(definition, RevisionSplice.Set(definition.Encode(obj), ++_revision));
        if (isDryRun)
            return stored;
        _objects[(definition.Name.ToString(), stored.Key)] = stored;
        Publish(definition, new WatchEvent(type, _revision, stored));
        return stored;
    }

    private StoredObject Remove(ResourceDefinition definition, StoredObject current, bool isDryRun)
    {
        if (isDryRun)
            return current;
        _objects.Remove((definition.Name.ToString(), current.Key));
        var last = StoredObject.Read(definition, RevisionSplice.Set(current.Json.Span, ++_revision));
        Publish(definition, new WatchEvent(WatchEventType.Deleted, _revision, last));
        return last;
    }

    /// <summary>Lets all watches look for changes, and for <see cref="NextFailure"/>.</summary>
    public void Wake()
    {
        lock (_lock)
            Signal();
    }

    private void Publish(ResourceDefinition definition, WatchEvent change)
    {
        _log.Add((definition, change));
        Signal();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
