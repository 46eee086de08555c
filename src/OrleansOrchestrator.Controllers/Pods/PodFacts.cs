using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Pods;

/// <summary>What controllers of replicas read from a pod.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/api/v1/pod and pkg/controller/controller_utils.go for the meanings.</remarks>
internal static class PodFacts
{
    private const string DeletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    extension(V1Pod pod)
    {
        /// <summary>Since when the pod is ready; null if it is not ready, or does not say since when.</summary>
        public DateTimeOffset? ReadySince =>
            pod.Condition(PodConditionTypes.Ready) is { Status: "True" } condition ? ApiTime.Read(condition.LastTransitionTime) : null;

        /// <summary>The highest restart count of any of the pod's containers.</summary>
        public int RestartCount => pod.Status?.ContainerStatuses is { Count: > 0 } statuses ? statuses.Max(status => status.RestartCount) : 0;

        /// <summary>The pod's deletion cost, which the user sets by annotation; 0 if it is absent or not a number.</summary>
        public int DeletionCost =>
            pod.Metadata.Annotations is { } annotations
            && annotations.TryGetValue(DeletionCostAnnotation, out var text)
            && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var cost)
                ? cost
                : 0;

        /// <summary>When the pod becomes available, given how long it must be ready first; null if it is not ready.</summary>
        public DateTimeOffset? AvailableFrom(int minReadySeconds)
        {
            if (!pod.IsReady)
                return null;
            if (minReadySeconds == 0)
                return DateTimeOffset.MinValue;
            return pod.ReadySince is { } since ? Waits.After(since, Waits.Seconds(minReadySeconds)) : null;
        }
    }
}
