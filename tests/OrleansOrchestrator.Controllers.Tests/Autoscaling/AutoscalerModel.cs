using OrleansOrchestrator.Controllers.Autoscaling;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Autoscaling;

/// <summary>An autoscaler with a ReplicaSet whose pods follow its replicas, and metrics that a test sets.</summary>
internal sealed class AutoscalerModel
{
    public const string Name = "web";
    public static readonly TimeSpan Period = new AutoscalerOptions().Period;

    private static readonly ObjectKey Key = new(Samples.Namespace, Name);

    private int _pods;

    public AutoscalerModel(int replicas, params V2MetricSpec[] metrics)
    {
        Cluster.Metrics = Answer;
        Cluster.Add(Samples.ReplicaSet(Name, replicas));
        Cluster.Add(new V2HorizontalPodAutoscaler
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = Name },
            Spec = new V2HorizontalPodAutoscalerSpec
            {
                MinReplicas = 1,
                MaxReplicas = 10,
                Metrics = metrics.Length > 0 ? metrics : [Cpu(percent: 50)],
                ScaleTargetRef = new V2CrossVersionObjectReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = Name },
            },
        });
        FollowTarget();
    }

    public ClusterModel Cluster { get; } = new();

    public HorizontalPodAutoscalerReconciler Reconciler { get; } = new(new AutoscalerOptions());

    public V2HorizontalPodAutoscaler Hpa => Cluster.Find<V2HorizontalPodAutoscaler>(Key)!;

    public V2HorizontalPodAutoscalerSpec Spec => Hpa.Spec;

    public V1ReplicaSet Target => Cluster.Find<V1ReplicaSet>(Key)!;

    public int Replicas => Target.Spec.Replicas ?? 0;

    public IReadOnlyList<V1Pod> Pods => Cluster.All<V1Pod>();

    /// <summary>What each pod uses of a resource, in thousandths; null for pods without metrics.</summary>
    public Func<V1Pod, string, long?> Usage { get; set; } = (_, _) => 100;

    /// <summary>Answers for custom and external metrics.</summary>
    public Func<MetricQuery, MetricAnswer> Other { get; set; } = _ => MetricAnswer.Failed("nobody answers");

    public static V2MetricSpec Cpu(int percent) => new()
    {
        Type = "Resource",
        Resource = new V2ResourceMetricSource { Name = "cpu", Target = new V2MetricTarget { Type = "Utilization", AverageUtilization = percent } },
    };

    public static V2MetricTarget Average(string amount) => new() { Type = "AverageValue", AverageValue = new ResourceQuantity(amount) };

    public static V2MetricTarget Value(string amount) => new() { Type = "Value", Value = new ResourceQuantity(amount) };

    public V2HorizontalPodAutoscalerCondition Condition(string type) => Hpa.Status.Conditions.Single(condition => condition.Type == type);

    /// <summary>Adds and removes pods until there are as many as the target wants. New ones are ready and old enough.</summary>
    public void FollowTarget()
    {
        foreach (var surplus in Pods.Skip(Replicas).ToList())
            Cluster.Remove(surplus);
        while (Pods.Count < Replicas)
        {
            var pod = Samples.Pod($"web-{++_pods:D5}", ready: true);
            pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("200m"), ["memory"] = new("100Mi") } };
            pod.Status.StartTime = (Cluster.Now - TimeSpan.FromHours(1)).UtcDateTime;
            pod.Status.Conditions[0].LastTransitionTime = pod.Status.StartTime;
            Cluster.Add(pod);
        }

        var target = ObjectCodec.Clone(Target);
        target.Status = new V1ReplicaSetStatus { Replicas = Pods.Count };
        Cluster.Remove(Target);
        Cluster.Add(target);
    }

    public Plan Step() => Cluster.Step(Reconciler, Key);

    /// <summary>Lets time pass, in which the pods follow the target, and runs the reconciler once.</summary>
    public Plan StepAfter(TimeSpan time)
    {
        FollowTarget();
        Cluster.Now += time;
        return Step();
    }

    private MetricAnswer Answer(MetricQuery query) => query is PodUsageQuery usage
        ? new MetricAnswer(
        [
            .. from pod in Pods.Where(pod => usage.Pods.Matches(pod.Metadata.Labels))
               from container in pod.Spec.Containers
               from resource in (string[])["cpu", "memory"]
               where Usage(pod, resource) is not null
               select new MetricSample(pod.Metadata.Name, Usage(pod, resource)!.Value, Cluster.Now, TimeSpan.FromSeconds(15)) { Container = container.Name, Resource = resource },
        ])
        : Other(query);
}
