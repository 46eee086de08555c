using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>Views of pods and of their containers, at one moment.</summary>
internal static class TestViews
{
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static PodView Of(V1Pod pod, PodSandbox? sandbox) => new()
    {
        Pod = pod,
        Sandbox = sandbox,
        Now = Now,
        StartTime = Now,
        Restarts = new RestartBackoff(new Backoff(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5))),
    };

    public static V1Pod Deleted(V1Pod pod, long grace)
    {
        pod.Metadata.DeletionTimestamp = Now.UtcDateTime;
        pod.Metadata.DeletionGracePeriodSeconds = grace;
        return pod;
    }

    public static V1Container Sidecar(string name) => TestPods.Container(name, "") with { RestartPolicy = "Always" };

    public static PodSandbox Sandbox(params ContainerInstance[] containers) =>
        new() { Id = "s", PodUid = "u", PodName = "a", PodNamespace = "default", IsReady = true, Ip = "10.0.0.1", Containers = containers };

    public static ContainerInstance Running(string name) =>
        new() { Id = name + ".0", Name = name, Attempt = 0, Phase = ContainerPhase.Running, StartedAt = Now };

    public static ContainerInstance Exited(string name, int code, int attempt = 0) =>
        new() { Id = $"{name}.{attempt}", Name = name, Attempt = attempt, Phase = ContainerPhase.Exited, ExitCode = code, StartedAt = Now, FinishedAt = Now };

    public static Dictionary<string, StopProgress> Progress(string id, StopStep step, int graceSeconds) => new() { [id] = new(step, Now, TimeSpan.FromSeconds(graceSeconds)) };

    /// <summary>The progress of a stop of a container that is to run again.</summary>
    public static Dictionary<string, StopProgress> Restarting(string id) => new() { [id] = new(StopStep.Terminate, Now, TimeSpan.FromSeconds(30), Restarts: true) };
}
