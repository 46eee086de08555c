using k8s.Models;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>Pods for tests.</summary>
internal static class TestPods
{
    public static V1Pod Shell(string name, string script, string restartPolicy = "Always", string image = "test/busybox:1") => new()
    {
        ApiVersion = "v1",
        Kind = "Pod",
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "default", Uid = Guid.NewGuid().ToString() },
        Spec = new V1PodSpec
        {
            RestartPolicy = restartPolicy,
            TerminationGracePeriodSeconds = 5,
            Containers = [Container("main", script, image)],
        },
        Status = new V1PodStatus
        {
            Phase = "Pending",
            QosClass = "BestEffort",
            Conditions = [new V1PodCondition { Type = "PodScheduled", Status = "True" }],
        },
    };

    public static V1Container Container(string name, string script, string image = "test/busybox:1") => new()
    {
        Name = name,
        Image = image,
        ImagePullPolicy = "IfNotPresent",
        Command = ["/bin/sh", "-c", script],
    };

    public static bool IsReady(V1Pod pod) => Condition(pod, "Ready") == "True";

    public static string? Condition(V1Pod pod, string type) => pod.Status?.Conditions?.FirstOrDefault(c => c.Type == type)?.Status;

    public static V1ContainerStatus? Status(V1Pod pod, string name = "main") =>
        (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? []).FirstOrDefault(c => c.Name == name);
}
