using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>Reads a node's conditions, and sets them to unknown when the node falls silent.</summary>
/// <remarks>See tryUpdateNodeHealth in k8s.io/kubernetes/pkg/controller/nodelifecycle.</remarks>
internal static class NodeConditions
{
    public const string Ready = "Ready";

    private static readonly string[] HeartbeatTypes = [Ready, "MemoryPressure", "DiskPressure", "PIDPressure"];

    /// <summary>The status of a condition; null if the node does not have it.</summary>
    public static string? StatusOf(V1Node node, string type) =>
        node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type)?.Status;

    /// <summary>The node with the conditions that its daemon reports set to unknown; null if they are unknown already.</summary>
    public static V1Node? Silenced(V1Node node, DateTimeOffset now)
    {
        if (HeartbeatTypes.All(type => StatusOf(node, type) == "Unknown"))
            return null;

        var silenced = ObjectCodec.Clone(node);
        silenced.Status ??= new V1NodeStatus();
        silenced.Status.Conditions ??= [];
        var transition = ObjectMetaRules.TruncateToSeconds(now);
        foreach (var type in HeartbeatTypes)
        {
            var condition = silenced.Status.Conditions.FirstOrDefault(condition => condition.Type == type);
            if (condition is null)
                silenced.Status.Conditions.Add(NeverReported(node, type, transition));
            else if (condition.Status != "Unknown")
                MakeUnknown(condition, transition);
        }

        return silenced;
    }

    private static V1NodeCondition NeverReported(V1Node node, string type, DateTime transition) => new()
    {
        Type = type,
        Status = "Unknown",
        Reason = "NodeStatusNeverUpdated",
        Message = "Kubelet never posted node status.",
        LastHeartbeatTime = node.Metadata.CreationTimestamp,
        LastTransitionTime = transition,
    };

    private static void MakeUnknown(V1NodeCondition condition, DateTime transition)
    {
        condition.Status = "Unknown";
        condition.Reason = "NodeStatusUnknown";
        condition.Message = "Kubelet stopped posting node status.";
        condition.LastTransitionTime = transition;
    }
}
