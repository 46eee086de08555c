using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.StatefulSets;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.StatefulSets;

/// <summary>A cluster with one StatefulSet, and what daemons and garbage collector do to its pods and claims.</summary>
internal sealed class StatefulModel
{
    public static readonly ObjectKey Key = new(Samples.Namespace, "db");

    private readonly StatefulSetReconciler _reconciler = new();

    public StatefulModel(int replicas = 3, Action<V1StatefulSet>? change = null)
    {
        var set = new V1StatefulSet
        {
            ApiVersion = "apps/v1",
            Kind = "StatefulSet",
            Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = Key.Name, Uid = "uid-of-db", Generation = 1 },
            Spec = new V1StatefulSetSpec
            {
                Replicas = replicas,
                ServiceName = "dbs",
                PodManagementPolicy = "OrderedReady",
                RevisionHistoryLimit = 10,
                Selector = new V1LabelSelector { MatchLabels = Samples.Labels("db") },
                UpdateStrategy = new V1StatefulSetUpdateStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateStatefulSetStrategy { Partition = 0 } },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = Samples.Labels("db") },
                    Spec = new V1PodSpec { Containers = [new V1Container { Name = "main", Image = "one" }] },
                },
            },
            Status = new V1StatefulSetStatus { AvailableReplicas = 0 },
        };
        change?.Invoke(set);
        Cluster.Add(set);
    }

    public ClusterModel Cluster { get; } = new() { KeepsDeletedPods = true };

    public V1StatefulSet Set => Cluster.Find<V1StatefulSet>(Key)!;

    /// <summary>The pods by their ordinals.</summary>
    public IReadOnlyList<V1Pod> Pods => [.. Cluster.All<V1Pod>().OrderBy(pod => Set.OrdinalOf(pod.Metadata.Name))];

    public IEnumerable<string> Names => Pods.Select(pod => pod.Metadata.Name);

    public IEnumerable<string> Images => Pods.Select(pod => pod.Spec.Containers[0].Image);

    public IReadOnlyList<V1PersistentVolumeClaim> Claims => Cluster.All<V1PersistentVolumeClaim>();

    public V1Pod? Find(int ordinal) => Cluster.Find<V1Pod>(new ObjectKey(Key.Namespace, $"db-{ordinal}"));

    /// <summary>Changes the set as a user does.</summary>
    public void ChangeSet(Action<V1StatefulSet> change) => Change(Set, set =>
    {
        change(set);
        set.Metadata.Generation++;
    });

    public void SetImage(string image) => ChangeSet(set => set.Spec.Template.Spec.Containers[0].Image = image);

    public void Scale(int replicas) => ChangeSet(set => set.Spec.Replicas = replicas);

    public Plan Plan() => _reconciler.Reconcile(Cluster.Observe(_reconciler, Key));

    public Plan Step() => Cluster.Step(_reconciler, Key);

    /// <summary>Reconciles until nothing is planned, without anybody else doing anything.</summary>
    public void Settle() => Cluster.Settle(_reconciler, Key);

    /// <summary>Lets everything happen until nothing is left to do.</summary>
    /// <param name="works">Whether a pod becomes ready; null for all.</param>
    /// <param name="afterStep">Looks at each step.</param>
    public void Run(Func<V1Pod, bool>? works = null, Action? afterStep = null)
    {
        for (var round = 0; round < 300; round++)
        {
            var plan = Step();
            afterStep?.Invoke();
            var isBusy = plan.Actions.Count > 0;
            foreach (var pod in Pods.Where(pod => pod.IsDeleting || (!pod.IsReady && !pod.IsTerminal && works?.Invoke(pod) is not false)))
            {
                Attend(pod);
                isBusy = true;
            }

            if (!isBusy && Collect() == 0)
                return;
        }

        throw new InvalidOperationException("the StatefulSet does not settle");
    }

    /// <summary>Does what a daemon does next about a pod: makes it ready, or ends it.</summary>
    public void Attend(V1Pod pod)
    {
        if (pod.IsDeleting)
            Cluster.Remove(pod);
        else if (!pod.IsTerminal)
            SetReady(pod, true);
    }

    /// <summary>Does what the garbage collector does about claims whose owners are gone.</summary>
    public int Collect()
    {
        var uids = Cluster.All<V1Pod>().Select(pod => pod.Metadata.Uid).Append(Set.Metadata.Uid).ToHashSet();
        var lost = Claims.Where(claim => claim.Metadata.OwnerReferences is { Count: > 0 } owners && owners.All(owner => !uids.Contains(owner.Uid))).ToList();
        lost.ForEach(Cluster.Remove);
        return lost.Count;
    }

    public void SetReady(V1Pod pod, bool isReady) => Change(pod, changed =>
    {
        // One that was never bound is gone as soon as it is deleted.
        changed.Spec.NodeName = "node";
        changed.Status = new V1PodStatus
        {
            Phase = "Running",
            StartTime = changed.Status?.StartTime ?? Cluster.Now.UtcDateTime,
            Conditions = [new V1PodCondition { Type = "Ready", Status = isReady ? "True" : "False", LastTransitionTime = Cluster.Now.UtcDateTime }],
        };
    });

    public void SetPhase(V1Pod pod, string phase) => Change(pod, changed => changed.Status = new V1PodStatus { Phase = phase });

    public void Change<T>(T obj, Action<T> change)
        where T : class, KubeObject
    {
        // Observations that are under way keep what they saw.
        var changed = ObjectCodec.Clone(Cluster.Find<T>(obj.Key)!);
        change(changed);
        Cluster.Remove(obj);
        Cluster.Add(changed);
    }

    /// <summary>A template of claims.</summary>
    public static V1PersistentVolumeClaim ClaimTemplate(string name) => new()
    {
        ApiVersion = "v1",
        Kind = "PersistentVolumeClaim",
        Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["tier"] = "data" } },
        Spec = new V1PersistentVolumeClaimSpec { AccessModes = ["ReadWriteOnce"] },
    };
}
