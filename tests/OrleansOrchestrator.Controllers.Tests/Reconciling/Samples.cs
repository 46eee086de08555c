using OrleansOrchestrator.Controllers.Objects;

namespace OrleansOrchestrator.Controllers.Tests.Reconciling;

/// <summary>Small objects to vary in tests.</summary>
internal static class Samples
{
    public const string Namespace = "shop";

    public static Dictionary<string, string> Labels(string app) => new() { ["app"] = app };

    public static V1Pod Pod(string name, string app = "web", string? node = null, string? ip = null, bool ready = false, string phase = "Running") => new()
    {
        ApiVersion = "v1",
        Kind = "Pod",
        Metadata = new V1ObjectMeta { NamespaceProperty = Namespace, Name = name, Labels = Labels(app) },
        Spec = new V1PodSpec
        {
            NodeName = node,
            Containers = [new V1Container { Name = "main", Image = "web", Ports = [new V1ContainerPort { Name = "http", ContainerPort = 8080, Protocol = "TCP" }] }],
        },
        Status = new V1PodStatus
        {
            Phase = phase,
            PodIP = ip,
            Conditions = [new V1PodCondition { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = ClusterModel.Start.UtcDateTime }],
        },
    };

    public static V1ReplicationController Controller(string name = "web", int replicas = 1) => new()
    {
        ApiVersion = "v1",
        Kind = "ReplicationController",
        Metadata = new V1ObjectMeta { NamespaceProperty = Namespace, Name = name, Uid = $"uid-of-{name}", Generation = 1 },
        Spec = new V1ReplicationControllerSpec
        {
            Replicas = replicas,
            Selector = Labels("web"),
            Template = new V1PodTemplateSpec
            {
                Metadata = new V1ObjectMeta { Labels = Labels("web"), Annotations = new Dictionary<string, string> { ["note"] = "from template" } },
                Spec = new V1PodSpec { Containers = [new V1Container { Name = "main", Image = "web" }] },
            },
        },
    };

    public static V1ReplicaSet ReplicaSet(string name = "web", int replicas = 1) => new()
    {
        ApiVersion = "apps/v1",
        Kind = "ReplicaSet",
        Metadata = new V1ObjectMeta { NamespaceProperty = Namespace, Name = name, Uid = $"uid-of-{name}", Generation = 1 },
        Spec = new V1ReplicaSetSpec
        {
            Replicas = replicas,
            Selector = new V1LabelSelector { MatchLabels = Labels("web") },
            Template = Controller().Spec.Template,
        },
    };

    public static V1OwnerReference Owner(string uid, bool? controller = true, bool? blocks = true, string kind = "ReplicationController") => new()
    {
        ApiVersion = "v1",
        Kind = kind,
        Name = uid.Replace("uid-of-", "", StringComparison.Ordinal),
        Uid = uid,
        Controller = controller,
        BlockOwnerDeletion = blocks,
    };

    public static V1Pod OwnedBy(this V1Pod pod, string uid)
    {
        pod.Metadata.OwnerReferences = [Owner(uid)];
        return pod;
    }

    public static T ControlledBy<T>(this T obj, KubeObject owner)
        where T : KubeObject
    {
        obj.Metadata.OwnerReferences = [OwnerReferences.ControlledBy(owner)];
        return obj;
    }

    public static V1Service Service(string name = "web", params V1ServicePort[] ports) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new V1ObjectMeta { NamespaceProperty = Namespace, Name = name, Labels = new Dictionary<string, string> { ["team"] = "a" } },
        Spec = new V1ServiceSpec { ClusterIP = "10.96.0.10", Selector = Labels("web"), Ports = ports, Type = "ClusterIP" },
    };

    public static V1ServicePort Port(int port, string? target = null, string? name = null, string protocol = "TCP") => new()
    {
        Name = name,
        Port = port,
        Protocol = protocol,
        TargetPort = target is null ? null : target,
    };
}
