using k8s.Models;

namespace OrleansOrchestrator.Cli.Dev.Demo;

/// <summary>A pod as the demo shows it.</summary>
internal sealed record PodRow(string Name, string Node, string Address, string Status, string Ready, int Restarts)
{
    /// <summary>The columns' names.</summary>
    public static string[] Titles { get; } = ["Pod", "Node", "IP", "Status", "Ready", "Restarts"];

    /// <summary>The columns.</summary>
    public string[] Cells => [Name, Node, Address, Status, Ready, $"{Restarts}"];

    /// <summary>The row of a pod.</summary>
    public static PodRow Of(V1Pod pod)
    {
        var container = pod.Status?.ContainerStatuses is [var first, ..] ? first : null;
        var status = pod.Metadata.DeletionTimestamp is not null
            ? "Terminating"
            : container?.State?.Waiting?.Reason ?? container?.State?.Terminated?.Reason ?? pod.Status?.Phase ?? "Pending";
        return new PodRow(
            pod.Name(), pod.Spec.NodeName ?? "-", pod.Status?.PodIP ?? "-", status, container?.Ready == true ? "yes" : "no", container?.RestartCount ?? 0);
    }
}
