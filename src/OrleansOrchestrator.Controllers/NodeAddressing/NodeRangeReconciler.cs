using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.NodeAddressing;

/// <summary>
/// Gets ranges of pod addresses for nodes that have none: those that are older than the cluster's range, and those for which nothing was
/// free when they came.
/// </summary>
/// <remarks>
/// <para>Only the store of nodes knows which ranges are free at the moment of a write, so admission chooses them, for new nodes at once.
/// This controller asks for it again by a write that changes nothing else, and tells why there is none.</para>
/// <para>See k8s.io/kubernetes/pkg/controller/nodeipam, whose words the events have.</para>
/// </remarks>
public sealed class NodeRangeReconciler(NodeAddressingOptions options) : IReconciler
{
    /// <summary>How the refusal of a range begins that is not there.</summary>
    public const string Exhausted = "CIDR allocation failed; there are no remaining CIDRs left to allocate";

    private const string ControllerName = "node-ipam-controller";

    /// <summary>The user as which it asks for ranges. Such a write is refused if nothing is free.</summary>
    public static string UserName { get; } = ControllerUsers.ServiceAccount(ControllerName);

    /// <inheritdoc/>
    public string Name => ControllerName;

    /// <inheritdoc/>
    public string EventSource => "cidrAllocator";

    /// <inheritdoc/>
    public string User => UserName;

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Nodes;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [];

    /// <inheritdoc/>
    public bool IsWorthALook(StoredObject primary)
    {
        ArgumentNullException.ThrowIfNull(primary);
        return options.IsOn && primary.SharedModel() is V1Node node && IsWithout(node);
    }

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return options.IsOn && observation.Primary is V1Node { Metadata.DeletionTimestamp: null } node && IsWithout(node)
            ? new Plan { Actions = [AskFor(node)] }
            : Plan.Nothing;
    }

    /// <summary>Whether a node has no range.</summary>
    public static bool IsWithout(V1Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Spec?.PodCIDRs is null or { Count: 0 };
    }

    private static PatchObject AskFor(V1Node node)
    {
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = node.Metadata.Uid } };
        return new PatchObject(WellKnownResources.Nodes, ObjectKey.Of(node), PatchFormat.Merge, JsonSerializer.SerializeToUtf8Bytes(patch))
        {
            EventOnFailure = why => why.Contains(Exhausted, StringComparison.Ordinal)
                ? new PlannedEvent("Warning", "CIDRNotAvailable", $"Node {node.Metadata.Name} status is now: CIDRNotAvailable")
                : new PlannedEvent("Warning", "CIDRAssignmentFailed", why),
        };
    }
}
