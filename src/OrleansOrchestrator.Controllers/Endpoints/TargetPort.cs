using OrleansOrchestrator.Model.Pods;
using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>Resolves the target port of a service port on a pod.</summary>
internal static class TargetPort
{
    /// <summary>Finds the port on a pod.</summary>
    /// <returns>The number; null if the service port names a container port that the pod does not have.</returns>
    public static int? Find(V1Pod pod, V1ServicePort port)
    {
        var target = port.TargetPort?.Value;
        if (string.IsNullOrEmpty(target))
            return port.Port;
        if (int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number == 0 ? port.Port : number;

        var protocol = port.Protocol ?? "TCP";
        return ServingContainers(pod)
            .SelectMany(container => container.Ports ?? [])
            .FirstOrDefault(candidate => candidate.Name == target && (candidate.Protocol ?? "TCP") == protocol)
            ?.ContainerPort;
    }

    /// <summary>The containers that run as long as the pod does: its containers and its sidecars.</summary>
    private static IEnumerable<V1Container> ServingContainers(V1Pod pod) =>
        (pod.Spec?.Containers ?? []).Concat(pod.Spec?.Sidecars ?? []);
}
