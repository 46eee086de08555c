using System.Globalization;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Reconciling;

/// <summary>
/// A cluster in memory that does to plans what the control plane does: it shows reconcilers what depends on an object,
/// applies their writes under the same preconditions, and keeps the events.
/// </summary>
internal sealed class ClusterModel
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly SortedDictionary<(string Resource, ObjectKey Key), KubeObject> _objects = new();
    private long _revision;
    private int _generatedNames;

    public DateTimeOffset Now { get; set; } = Start;

    /// <summary>Whether a deleted pod stays, marked, until the test takes it away.</summary>
    public bool KeepsDeletedPods { get; init; }

    public List<PlannedEvent> Events { get; } = [];

    public List<(ResourceName Resource, ObjectKey Key)> Deleted { get; } = [];

    public T Add<T>(T obj)
        where T : KubeObject
    {
        obj.Metadata.Uid ??= $"uid-{_revision + 1}";
        obj.Metadata.CreationTimestamp ??= Now.UtcDateTime;
        if (string.IsNullOrEmpty(obj.Metadata.Name))
            obj.Metadata.Name = obj.Metadata.GenerateName + (++_generatedNames).ToString("D5", CultureInfo.InvariantCulture);
        _objects.TryAdd(IdOf(obj), obj).ShouldBeTrue($"{obj.Key} exists already");
        Stamp(obj);
        return obj;
    }

    public IReadOnlyList<T> All<T>() => [.. _objects.Values.OfType<T>()];

    public T? Find<T>(ObjectKey key)
        where T : class, KubeObject =>
        _objects.GetValueOrDefault((ResourceOf(typeof(T)).ToString(), key)) as T;

    public void Remove(KubeObject obj) => _objects.Remove(IdOf(obj));

    public void Touch(KubeObject obj) => Stamp(obj);

    public Plan Step(IReconciler reconciler, ObjectKey key)
    {
        var plan = reconciler.Reconcile(Observe(reconciler, key));
        Apply(plan.Actions);
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

        throw new InvalidOperationException($"{reconciler.Name} does not come to rest in {roundsMax} rounds");
    }

    public Observation Observe(IReconciler reconciler, ObjectKey key)
    {
        var primary = _objects.GetValueOrDefault((reconciler.Primary.ToString(), key));
        var seen = reconciler.Dependencies
            .SelectMany(dependency => Dependents(dependency, key, primary))
            .GroupBy(obj => ResourceOf(obj.GetType()))
            .ToDictionary(group => group.Key, group => (IReadOnlyList<KubeObject>)[.. group]);
        return new Observation(key, primary, seen, Now);
    }

    public void Apply(IEnumerable<ObjectAction> actions)
    {
        var written = new HashSet<(string, ObjectKey)>();
        foreach (var action in actions)
        {
            var name = Apply(action);
            if (action is not CreateObject)
                written.Add((action.Resource.ToString(), name)).ShouldBeTrue($"{name} is written twice in one plan");
            if (action.EventOnSuccess is { } tell)
                Events.Add(tell(name.Name));
        }
    }

    private ObjectKey Apply(ObjectAction action)
    {
        switch (action)
        {
            case CreateObject create:
                create.Object.Metadata.ResourceVersion.ShouldBeNull();
                return Add(create.Object).Key;
            case UpdateObject update:
                return Replace(update.Object);
            case UpdateStatus update:
                return Replace(update.Object);
            case FinalizeNamespace finalize:
                var key = Replace(finalize.Object);
                RemoveIfDone(finalize.Object);
                return key;
            case DeleteObject delete:
                Delete(delete);
                return delete.Key;
            default:
                throw new InvalidOperationException($"unknown action {action}");
        }
    }

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

    private IEnumerable<KubeObject> Dependents(Dependency dependency, ObjectKey key, KubeObject? primary) => dependency switch
    {
        SelectedObjects selected when primary is not null => OfResource(selected.Resource)
            .Where(obj => (obj.Metadata.NamespaceProperty ?? "") == key.Namespace)
            .Where(obj => selected.SelectorOf(primary).Matches(obj.Metadata.Labels)
                || (selected.IncludeOwned && obj.Controller?.Uid == primary.Metadata.Uid)),
        OwnedObjects owned when primary is not null => OfResource(owned.Resource)
            .Where(obj => (obj.Metadata.NamespaceProperty ?? "") == key.Namespace && obj.Controller?.Uid == primary.Metadata.Uid),
        ReferringObjects referring => OfResource(referring.Resource).Where(obj => referring.PrimaryOf(obj) == key),
        SameName same => OfResource(same.Resource).Where(obj => obj.Key == key),
        Named named => OfResource(named.Resource)
            .Where(obj => obj.Key == new ObjectKey(primary is V1Namespace ? key.Name : key.Namespace, named.Name)),
        NamespaceContents => _objects.Values.Where(obj => obj.Metadata.NamespaceProperty == key.Name),
        _ => [],
    };

    private IEnumerable<KubeObject> OfResource(ResourceName resource) =>
        _objects.Where(entry => entry.Key.Resource == resource.ToString()).Select(entry => entry.Value);

    private void Stamp(KubeObject obj) => obj.Metadata.ResourceVersion = (++_revision).ToString(CultureInfo.InvariantCulture);

    private static (string, ObjectKey) IdOf(KubeObject obj) => (ResourceOf(obj.GetType()).ToString(), obj.Key);

    public static ResourceName ResourceOf(Type type) => type.Name switch
    {
        nameof(V1Pod) => WellKnownResources.Pods,
        nameof(V1Node) => WellKnownResources.Nodes,
        nameof(V1Service) => WellKnownResources.Services,
        nameof(V1IPAddress) => WellKnownResources.IPAddresses,
        nameof(V1EndpointSlice) => WellKnownResources.EndpointSlices,
        nameof(V1Endpoints) => WellKnownResources.Endpoints,
        nameof(V1Namespace) => WellKnownResources.Namespaces,
        nameof(V1ReplicationController) => WellKnownResources.ReplicationControllers,
        nameof(V1ConfigMap) => WellKnownResources.ConfigMaps,
        nameof(V1ServiceAccount) => WellKnownResources.ServiceAccounts,
        _ => throw new InvalidOperationException($"no resource for {type}"),
    };
}
