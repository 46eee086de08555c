using k8s.Models;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Tests.Building;

/// <summary>Pod objects for tests.</summary>
internal static class PodObjects
{
    public static V1Pod Create(string name, string? cpu = null, string? memory = null) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = "default",
            Uid = $"uid-{name}",
            Labels = new Dictionary<string, string>(),
        },
        Spec = new V1PodSpec { Containers = [Container(cpu, memory)] },
        Status = new V1PodStatus { Phase = "Pending" },
    };

    public static V1Container Container(string? cpu = null, string? memory = null)
    {
        var requests = new Dictionary<string, ResourceQuantity>();
        if (cpu is not null)
            requests["cpu"] = new ResourceQuantity(cpu);
        if (memory is not null)
            requests["memory"] = new ResourceQuantity(memory);
        return new V1Container { Name = "main", Image = "app", Resources = new V1ResourceRequirements { Requests = requests } };
    }

    public static V1Pod On(this V1Pod pod, string node)
    {
        pod.Spec.NodeName = node;
        return pod;
    }

    public static V1Pod WithLabel(this V1Pod pod, string key, string value)
    {
        pod.Metadata.Labels[key] = value;
        return pod;
    }

    public static V1Pod WithPriority(this V1Pod pod, int priority)
    {
        pod.Spec.Priority = priority;
        return pod;
    }

    public static V1Pod WithOwner(this V1Pod pod, string uid, string kind = "ReplicaSet")
    {
        pod.Metadata.OwnerReferences = [new V1OwnerReference { Uid = uid, ApiVersion = kind == "Job" ? "batch/v1" : "apps/v1", Kind = kind, Name = uid, Controller = true }];
        return pod;
    }

    public static V1Pod WithImages(this V1Pod pod, params string[] images)
    {
        pod.Spec.Containers = [.. images.Select((image, i) => new V1Container { Name = $"c{i}", Image = image })];
        return pod;
    }

    public static V1Pod WithHostPort(this V1Pod pod, int port, string? ip = null, string protocol = "TCP")
    {
        (pod.Spec.Containers[0].Ports ??= []).Add(new V1ContainerPort { ContainerPort = port, HostPort = port, HostIP = ip, Protocol = protocol });
        return pod;
    }

    public static V1Pod WithToleration(this V1Pod pod, string? key, string? value = null, string? op = null, string? effect = null)
    {
        (pod.Spec.Tolerations ??= []).Add(new V1Toleration { Key = key, Value = value, OperatorProperty = op, Effect = effect });
        return pod;
    }

    public static V1Pod WithNodeSelector(this V1Pod pod, string key, string value)
    {
        (pod.Spec.NodeSelector ??= new Dictionary<string, string>())[key] = value;
        return pod;
    }

    public static V1Pod Requiring(this V1Pod pod, params V1NodeSelectorTerm[] terms)
    {
        var affinity = (pod.Spec.Affinity ??= new V1Affinity()).NodeAffinity ??= new V1NodeAffinity();
        affinity.RequiredDuringSchedulingIgnoredDuringExecution = new V1NodeSelector { NodeSelectorTerms = [.. terms] };
        return pod;
    }

    public static V1Pod Preferring(this V1Pod pod, int weight, V1NodeSelectorTerm term)
    {
        var affinity = (pod.Spec.Affinity ??= new V1Affinity()).NodeAffinity ??= new V1NodeAffinity();
        (affinity.PreferredDuringSchedulingIgnoredDuringExecution ??= []).Add(new V1PreferredSchedulingTerm { Weight = weight, Preference = term });
        return pod;
    }

    public static V1Pod WithResource(this V1Pod pod, string name, string amount)
    {
        pod.Spec.Containers[0].Resources.Requests[name] = new ResourceQuantity(amount);
        return pod;
    }

    public static V1Pod Near(this V1Pod pod, string app, string topologyKey, int? weight = null)
    {
        var affinity = (pod.Spec.Affinity ??= new V1Affinity()).PodAffinity ??= new V1PodAffinity();
        if (weight is null)
            (affinity.RequiredDuringSchedulingIgnoredDuringExecution ??= []).Add(Term(app, topologyKey));
        else
            (affinity.PreferredDuringSchedulingIgnoredDuringExecution ??= []).Add(new() { Weight = weight.Value, PodAffinityTerm = Term(app, topologyKey) });
        return pod;
    }

    public static V1Pod AwayFrom(this V1Pod pod, string app, string topologyKey, int? weight = null)
    {
        var affinity = (pod.Spec.Affinity ??= new V1Affinity()).PodAntiAffinity ??= new V1PodAntiAffinity();
        if (weight is null)
            (affinity.RequiredDuringSchedulingIgnoredDuringExecution ??= []).Add(Term(app, topologyKey));
        else
            (affinity.PreferredDuringSchedulingIgnoredDuringExecution ??= []).Add(new() { Weight = weight.Value, PodAffinityTerm = Term(app, topologyKey) });
        return pod;
    }

    public static V1Pod SpreadOver(this V1Pod pod, string topologyKey, int maxSkew, string app, bool isRequired = true, int? minDomains = null)
    {
        (pod.Spec.TopologySpreadConstraints ??= []).Add(new V1TopologySpreadConstraint
        {
            TopologyKey = topologyKey,
            MaxSkew = maxSkew,
            WhenUnsatisfiable = isRequired ? "DoNotSchedule" : "ScheduleAnyway",
            MinDomains = minDomains,
            LabelSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = app } },
        });
        return pod;
    }

    private static V1PodAffinityTerm Term(string app, string topologyKey) => new()
    {
        TopologyKey = topologyKey,
        LabelSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = app } },
    };

    public static PodInfo Info(this V1Pod pod) => PodInfo.From(pod, BuiltInPlugins.Registry.Inputs.Pods);

    public static V1NodeSelectorTerm Labels(string key, string op, params string[] values) =>
        new() { MatchExpressions = [new V1NodeSelectorRequirement { Key = key, OperatorProperty = op, Values = [.. values] }] };

    public static V1NodeSelectorTerm Fields(string op, params string[] values) =>
        new() { MatchFields = [new V1NodeSelectorRequirement { Key = "metadata.name", OperatorProperty = op, Values = [.. values] }] };
}
