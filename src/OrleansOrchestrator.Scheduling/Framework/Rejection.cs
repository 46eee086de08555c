namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>Why a plugin rejects a node.</summary>
/// <param name="Plugin">The plugin's name.</param>
/// <param name="Reasons">The reasons in kube-scheduler's words; a node counts once for each.</param>
/// <param name="IsResolvable">Whether the node could take the pod if other pods left it.</param>
internal sealed record Rejection(string Plugin, IReadOnlyList<string> Reasons, bool IsResolvable)
{
    public Rejection(string plugin, string reason, bool isResolvable)
        : this(plugin, [reason], isResolvable)
    {
    }
}
