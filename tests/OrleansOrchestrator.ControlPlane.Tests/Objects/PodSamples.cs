using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Tests.Objects;

/// <summary>Models of what runs and where.</summary>
internal static class PodSamples
{
    public static V1Pod Pod(string @namespace, string name, string? app = null, string? node = null, string? cpu = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = @namespace, Labels = Labels(app) },
        Spec = Spec(node, cpu),
    };

    public static V1ReplicationController Controller(string @namespace, string name, int replicas) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = @namespace },
        Spec = new V1ReplicationControllerSpec
        {
            Replicas = replicas,
            Selector = Labels(name),
            Template = new V1PodTemplateSpec { Metadata = new V1ObjectMeta { Labels = Labels(name) }, Spec = Spec(null, null) },
        },
    };

    public static V1Node Node(string name, string cpu = "4", int pods = 110, string? podCidr = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name } },
        Spec = new V1NodeSpec { PodCIDR = podCidr },
        Status = new V1NodeStatus
        {
            Capacity = Resources(cpu, pods),
            Allocatable = Resources(cpu, pods),
            Conditions = [new V1NodeCondition { Type = "Ready", Status = "True", Reason = "KubeletReady" }],
        },
    };

    public static V1Service Service(string @namespace, string name, string type = "ClusterIP", string? address = null, int? nodePort = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = @namespace },
        Spec = new V1ServiceSpec
        {
            Type = type,
            ClusterIP = address,
            Selector = Labels(name),
            Ports = [new V1ServicePort { Port = 80, NodePort = nodePort }],
        },
    };

    private static Dictionary<string, ResourceQuantity> Resources(string cpu, int pods) => new()
    {
        ["cpu"] = new ResourceQuantity(cpu),
        ["memory"] = new ResourceQuantity("8Gi"),
        ["pods"] = new ResourceQuantity($"{pods}"),
    };

    private static V1PodSpec Spec(string? node, string? cpu) => new()
    {
        NodeName = node,
        Containers =
        [
            new V1Container
            {
                Name = "c",
                Image = "image",
                Resources = cpu is null ? null : new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu) } },
            },
        ],
    };

    private static Dictionary<string, string>? Labels(string? app) => app is null ? null : new() { ["app"] = app };
}
