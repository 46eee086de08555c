using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Tests.Building;

/// <summary>Node objects for tests.</summary>
internal static class Nodes
{
    public static V1Node Create(string name, string cpu = "4", string memory = "8Gi", int pods = 110) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name },
        },
        Spec = new V1NodeSpec(),
        Status = new V1NodeStatus
        {
            Allocatable = new Dictionary<string, ResourceQuantity>
            {
                ["cpu"] = new(cpu),
                ["memory"] = new(memory),
                ["pods"] = new($"{pods}"),
            },
        },
    };

    public static V1Node WithLabel(this V1Node node, string key, string value)
    {
        node.Metadata.Labels[key] = value;
        return node;
    }

    public static V1Node WithTaint(this V1Node node, string key, string value, string effect = "NoSchedule")
    {
        (node.Spec.Taints ??= []).Add(new V1Taint { Key = key, Value = value, Effect = effect });
        return node;
    }

    public static V1Node WithResource(this V1Node node, string name, string amount)
    {
        node.Status.Allocatable[name] = new ResourceQuantity(amount);
        return node;
    }

    public static V1Node WithImage(this V1Node node, string name, int megabytes)
    {
        (node.Status.Images ??= []).Add(new V1ContainerImage { Names = [$"{name}@sha256:1", name], SizeBytes = megabytes * 1024L * 1024 });
        return node;
    }

    public static V1Node Cordoned(this V1Node node)
    {
        node.Spec.Unschedulable = true;
        return node;
    }
}
