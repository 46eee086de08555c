using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Tests.Reconciling;

/// <summary>
/// A cluster in memory that does to plans what the control plane does: it answers what relations ask, applies writes under the
/// same preconditions, and keeps the events.
/// </summary>
internal sealed class ClusterModel : IObjectWriter
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private const int BatchMax = 128;

    private readonly SortedDictionary<(string Resource, ObjectKey Key), KubeObject> _objects = new();
    private long _revision;
    private ObjectKey _last;
    private int _generatedNames;

    public DateTimeOffset Now { get; set; } = Start;

    /// <summary>Why an action is refused; null for those that are done.</summary>
    public Func<ObjectAction, ApiException?> Refuses { get; set; } = _ => null;

    /// <summary>Whether a deleted pod stays, marked, until the test takes it away.</summary>
    public bool KeepsDeletedPods { get; init; }

    public List<PlannedEvent> Events { get; } = [];

    /// <summary>Answers queries for metrics.</summary>
    public Func<MetricQuery, MetricAnswer> Metrics { get; set; } = _ => MetricAnswer.Failed("the model has no metrics");

    /// <summary>What plans wanted to be remembered.</summary>
    public Dictionary<ObjectKey, string> Memory { get; } = [];

    /// <summary>The objects that relations have selected so far: each of them the control plane has to decode.</summary>
    public HashSet<ObjectKey> Selected { get; } = [];

    public List<(ResourceName Resource, ObjectKey Key)> Deleted { get; } = [];

    public T Add<T>(T obj)
        where T : KubeObject
    {
        obj.Metadata.Uid ??= $"uid-{_revision + 1}";
        obj.Metadata.CreationTimestamp ??= Now.UtcDateTime;
        obj.Metadata.Generation ??= BuiltInKinds.Registry[ResourceOf(obj.GetType())].TracksGeneration ? 1 : null;
        if (string.IsNullOrEmpty(obj.Metadata.Name))
            obj.Metadata.Name = obj.Metadata.GenerateName + (++_generatedNames).ToString("D5", CultureInfo.InvariantCulture);
        _objects.TryAdd(IdOf(obj), obj).ShouldBeTrue($"{obj.Key} exists already");
        Stamp(obj);
        return obj;
    }

    public IReadOnlyList<T> All<T>() => [.. _objects.Values.OfType<T>()];

    public T? Find<T>(ObjectKey key)
        where T : class, KubeObject => Find(typeof(T), key) as T;

    public KubeObject? Find(Type type, ObjectKey key) => _objects.GetValueOrDefault((ResourceOf(type).ToString(), key));

    /// <summary>An object as caches hold it.</summary>
    public static StoredObject StoredOf(KubeObject obj) => StoredObject.Read(
        BuiltInKinds.Registry[ResourceOf(obj.GetType())], JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), ObjectCodec.Options));

    public void Remove(KubeObject obj) => _objects.Remove(IdOf(obj));

    public void Touch(KubeObject obj) => Stamp(obj);

    /// <summary>Runs the reconciler once, and does what it plans.</summary>
    /// <returns>The plan, with the action that concludes it as the last one.</returns>
    public Plan Step(IReconciler reconciler, ObjectKey key)
    {
        var plan = reconciler.Reconcile(Observe(reconciler, key));
        Remember(key, plan);
        var refused = Apply(plan.Actions);
        if (plan.Conclude?.Invoke(refused) is { } conclusion)
        {
            Apply([conclusion]);
            plan = plan with { Actions = [.. plan.Actions, conclusion] };
        }

        if (refused.Count == 0)
            Events.AddRange(plan.Events);
        return plan;
    }

    /// <summary>Runs the reconciler until it plans nothing.</summary>
    /// <returns>The number of plans that did something.</returns>
    public int Settle(IReconciler reconciler, ObjectKey key, int roundsMax = 20)
    {
        for (var round = 0; round < roundsMax; round++)
        {
            if (Step(reconciler, key).Actions.Count == 0)
                return round;
        }

        throw new InvalidOperationException($"{reconciler.Name} does not settle in {roundsMax} rounds");
    }

    /// <param name="reconciler">The reconciler.</param>
    /// <param name="key">The primary's key.</param>
    /// <param name="prior">What an observation by part begins with; null to observe everything.</param>
    public Observation Observe(IReconciler reconciler, ObjectKey key, PriorLook? prior = null)
    {
        var view = new ModelView(this, reconciler.Primary);
        var primary = view.Find(reconciler.Primary, key);
        var metrics = reconciler.Relations.SelectMany(relation => relation.Queries(primary, view)).Distinct().ToDictionary(query => query, query => Metrics(query));
        return Observation.Take(reconciler, key, primary, view, Now, metrics, Memory.GetValueOrDefault(key) ?? "", prior);
    }

    /// <summary>All objects as they are now, for <see cref="ChangesSince"/>.</summary>
    public IReadOnlyDictionary<(string Resource, ObjectKey Key), KubeObject> Snapshot() => new Dictionary<(string, ObjectKey), KubeObject>(_objects);

    /// <summary>What has changed since a snapshot: of each object the first and the last version.</summary>
    public IEnumerable<ObjectChange> ChangesSince(IReadOnlyDictionary<(string Resource, ObjectKey Key), KubeObject> before) =>
        before.Keys.Union(_objects.Keys)
            .Select(id => (Before: before.GetValueOrDefault(id), Now: _objects.GetValueOrDefault(id)))
            .Where(change => !ReferenceEquals(change.Before, change.Now))
            .Select(change => new ObjectChange(change.Now is null ? null : StoredOf(change.Now), change.Before is null ? null : StoredOf(change.Before)));

    /// <summary>Remembers what a plan wants to be remembered, as is done before its actions.</summary>
    public void Remember(ObjectKey key, Plan plan)
    {
        if (plan.Memory is { } memory)
            Memory[key] = memory;
    }

    /// <summary>The primaries that a change concerns through a relation, as the control plane would find them.</summary>
    public IReadOnlySet<ObjectKey> FindPrimaries(Relation relation, ResourceName primary, ObjectChange change)
    {
        var view = new ModelView(this, primary);
        var concerned = new ConcernedPrimaries();
        relation.FindPrimaries(change, view, concerned);
        var found = concerned.Keys.ToHashSet();
        foreach (var (@namespace, labels) in concerned.Selecting)
        {
            found.UnionWith(view.InNamespace(primary, @namespace)
                .Where(obj => relation.SelectorOf(obj) is { } selector && labels.Any(selector.Matches))
                .Select(obj => obj.Key));
        }

        return found;
    }

    /// <summary>What an observation holds of a relation.</summary>
    public IReadOnlyList<RelatedObject> Observe(Relation relation, ResourceName primary, ObjectKey key)
    {
        var view = new ModelView(this, primary);
        return [.. relation.Observe(key, view.Find(primary, key), view)];
    }

    /// <summary>What the control plane would read anew before the reconciler looks.</summary>
    public IEnumerable<ResourceName> ReadAnew(IReconciler reconciler, ObjectKey key)
    {
        var view = new ModelView(this, reconciler.Primary);
        return reconciler.Relations.SelectMany(relation => relation.ReadAnew(view.Find(reconciler.Primary, key), view));
    }

    /// <summary>Does actions.</summary>
    /// <returns>Those that were refused.</returns>
    public IReadOnlyList<RefusedAction> Apply(IEnumerable<ObjectAction> actions)
    {
        var written = new HashSet<(string, ObjectKey)>();
        var refused = new List<RefusedAction>();
        var batches = new ActionBatches([.. actions], BatchMax);
        while (batches.TryTake(out var batch))
        {
            List<RefusedAction> ofBatch = [.. batch.Select(action => Apply(action, written)).OfType<RefusedAction>()];
            refused.AddRange(ofBatch);
            batches.Note(batch, ofBatch);
        }

        return refused;
    }

    public Task<WrittenObject> CreateAsync(ResourceName resource, KubeObject obj)
    {
        obj.Metadata.ResourceVersion.ShouldBeNull();
        return Wrote(Add(obj).Key);
    }

    public Task<WrittenObject> UpdateAsync(ResourceName resource, string subresource, KubeObject obj)
    {
        if (subresource.Length == 0 && BuiltInKinds.Registry[resource].TracksGeneration && !JsonNode.DeepEquals(SpecOf(obj), SpecOf(Find(obj.GetType(), obj.Key)!)))
            obj.Metadata.Generation = (obj.Metadata.Generation ?? 0) + 1;
        var key = Replace(obj);
        RemoveIfDone(obj);
        return Wrote(key);
    }

    public Task<WrittenObject> PatchAsync(ResourceName resource, ObjectKey key, string subresource, PatchFormat format, ReadOnlyMemory<byte> patch)
    {
        var definition = BuiltInKinds.Registry[resource];
        var current = _objects[(resource.ToString(), key)];
        var document = JsonSerializer.SerializeToNode(current, current.GetType(), ObjectCodec.Options)!;
        var patched = format switch
        {
            PatchFormat.Merge => JsonMergePatch.Apply(document, patch.Span),
            PatchFormat.StrategicMerge => StrategicMergePatch.Apply(document, patch.Span, definition.ModelType),
            _ => throw new NotSupportedException("the model has no field managers"),
        };
        var obj = (KubeObject)patched.Deserialize(definition.ModelType, ObjectCodec.Options)!;
        obj.Metadata.Uid.ShouldBe(current.Metadata.Uid);
        return obj.Metadata.ResourceVersion == current.Metadata.ResourceVersion
            ? Wrote(Replace(obj))
            : Task.FromException<WrittenObject>(ApiErrors.Modified(resource, key.Name));
    }

    public Task<WrittenObject?> DeleteAsync(DeleteObject deletion)
    {
        Delete(deletion);
        return WroteSome(deletion.Key);
    }

    public Task<WrittenObject> BindAsync(ObjectKey pod, string uid, string nodeName)
    {
        var bound = ObjectCodec.Clone(Find<V1Pod>(pod).ShouldNotBeNull());
        bound.Metadata.Uid.ShouldBe(uid);
        bound.Spec.NodeName.ShouldBeNullOrEmpty();
        bound.Spec.NodeName = nodeName;
        return Wrote(Replace(bound));
    }

    public Task<WrittenObject?> EvictAsync(ObjectKey pod, string uid, long? gracePeriodSeconds) =>
        DeleteAsync(new DeleteObject(WellKnownResources.Pods, pod, uid, gracePeriodSeconds));

    public Task<WrittenObject> ScaleAsync(ScaleObject scaling)
    {
        var scaled = ObjectFacts.CopyOf(_objects[(scaling.Resource.ToString(), scaling.Key)]);
        (scaled.Metadata.Uid, scaled.Metadata.ResourceVersion).ShouldBe((scaling.Uid, scaling.ResourceVersion));
        BuiltInKinds.Registry[scaling.Resource].Scale.ShouldNotBeNull().SetSpecReplicas(scaled, scaling.Replicas);
        return Wrote(Replace(scaled));
    }

    public static ResourceName ResourceOf(Type type) => BuiltInKinds.Registry.Stored.First(definition => definition.ModelType == type).Name;

    private RefusedAction? Apply(ObjectAction action, HashSet<(string, ObjectKey)> written)
    {
        if (Refuses(action) is { } why)
        {
            var refused = new RefusedAction(action, why);
            if (why.Code != 409 && !refused.IsByTerminatingNamespace && action.EventOnFailure is { } complain)
                Events.Add(complain(why.Message));
            return refused;
        }

        var applying = action.ApplyAsync(this);
        if (applying.Exception?.InnerException is ApiException unmet)
            return new RefusedAction(action, unmet);
        applying.IsCompletedSuccessfully.ShouldBeTrue($"{action}: {applying.Exception?.InnerException}");
        var key = _last;
        if (action is not CreateObject)
            written.Add((action.Resource.ToString(), key)).ShouldBeTrue($"{key} is written twice in one plan");
        if (action.Cause is { } cause)
            Events.Add(cause);
        if (action.EventOnSuccess is { } tell)
            Events.Add(tell(key.Name));
        return null;
    }

    private Task<WrittenObject> Wrote(ObjectKey key)
    {
        _last = key;
        return Task.FromResult(new WrittenObject(key, _revision));
    }

    private async Task<WrittenObject?> WroteSome(ObjectKey key) => await Wrote(key);

    private ObjectKey Replace(KubeObject obj)
    {
        _objects.ShouldContainKey(IdOf(obj));
        var current = _objects[IdOf(obj)];
        obj.ShouldNotBeSameAs(current, "an observed object was changed in place");
        obj.Metadata.ResourceVersion.ShouldBe(current.Metadata.ResourceVersion);
        _objects[IdOf(obj)] = obj;
        Stamp(obj);
        RemoveIfDone(obj);
        return obj.Key;
    }

    private void Delete(DeleteObject delete)
    {
        if (!_objects.TryGetValue((delete.Resource.ToString(), delete.Key), out var found))
            return;
        found.Metadata.Uid.ShouldBe(delete.Uid);
        Deleted.Add((delete.Resource, delete.Key));

        // A copy, since earlier observations are still looked at by tests.
        var obj = ObjectFacts.CopyOf(found);
        if (obj is V1Pod pod)
        {
            delete.Disruption?.AnnounceOn(pod, Now.UtcDateTime);
            if (delete.FailsPod && !pod.IsTerminal)
                pod.Status.Phase = "Failed";
        }

        ObjectMetaRules.MarkDeleted(BuiltInKinds.Registry[delete.Resource], obj, KeepsDeletedPods ? delete.GracePeriodSeconds : 0, Now);
        if (delete.Propagation == DeletionPropagation.Foreground && !obj.HasFinalizer("foregroundDeletion"))
            obj.Metadata.Finalizers = [.. obj.Metadata.Finalizers ?? [], "foregroundDeletion"];
        _objects[IdOf(obj)] = obj;
        Stamp(obj);
        if (obj.Metadata.DeletionGracePeriodSeconds == 0)
            RemoveIfDone(obj);
    }

    private void RemoveIfDone(KubeObject obj)
    {
        var isHeld = obj.Metadata.Finalizers is { Count: > 0 }
            || obj is V1Namespace { Spec.Finalizers.Count: > 0 }
            || (obj is V1Pod && obj.Metadata.DeletionGracePeriodSeconds > 0);
        if (obj.IsDeleting && !isHeld)
            _objects.Remove(IdOf(obj));
    }

    private void Stamp(KubeObject obj) => obj.Metadata.ResourceVersion = (++_revision).ToString(CultureInfo.InvariantCulture);

    private static JsonNode? SpecOf(KubeObject obj) => JsonSerializer.SerializeToNode(obj, obj.GetType(), ObjectCodec.Options)!["spec"];

    private static (string, ObjectKey) IdOf(KubeObject obj) => (ResourceOf(obj.GetType()).ToString(), obj.Key);

    /// <summary>The objects as relations see them.</summary>
    private sealed class ModelView(ClusterModel model, ResourceName primary) : IObjectView
    {
        public ResourceDefinition Primary => BuiltInKinds.Registry[primary];

        public IReadOnlyList<ResourceDefinition> StoredKinds => BuiltInKinds.Registry.Stored;

        public KubeObject? Find(ResourceName resource, ObjectKey key) => model._objects.GetValueOrDefault((resource.ToString(), key));

        public IEnumerable<ObjectKey> Keys(ResourceName resource, string @namespace) => Of(resource, @namespace).Select(obj => obj.Key);

        public IEnumerable<KubeObject> Select(ResourceName resource, string @namespace, LabelSelector selector) =>
            Of(resource, @namespace).Where(obj => selector.Matches(obj.Metadata.Labels)).Select(Note);

        public IEnumerable<KubeObject> Select(ResourceName resource, string @namespace, Func<StoredObject, bool> isWanted) =>
            Of(resource, @namespace).Where(obj => isWanted(StoredOf(obj))).Select(Note);

        public IEnumerable<KubeObject> WithField(ResourceName resource, string field, string value) =>
            Of(resource, "").Where(obj => StoredOf(obj).Field(field) == value);

        public IEnumerable<KubeObject> WithKey(KeyIndex index, ObjectKey key) =>
            Of(index.Resource, "").Where(obj => index.KeysOf(obj).Contains(key) && index.KeysOf(StoredOf(obj)).Contains(key));

        public IEnumerable<KubeObject> ControlledBy(ResourceName resource, string uid) => Of(resource, "").Where(obj => obj.Controller?.Uid == uid);

        private KubeObject Note(KubeObject obj)
        {
            model.Selected.Add(obj.Key);
            return obj;
        }

        private IEnumerable<KubeObject> Of(ResourceName resource, string @namespace) => model._objects
            .Where(entry => entry.Key.Resource == resource.ToString() && (@namespace.Length == 0 || entry.Key.Key.Namespace == @namespace))
            .Select(entry => entry.Value);
    }
}
