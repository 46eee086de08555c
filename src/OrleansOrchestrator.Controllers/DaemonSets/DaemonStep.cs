namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>What a rollout has to do on a node.</summary>
internal enum DaemonStep
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Replace an old pod that serves, when there is room.</summary>
    Replace,

    /// <summary>The same where a new pod has failed already: a template that does not work goes to no other node.</summary>
    ReplaceAgain,

    /// <summary>Delete an old pod at once: it does not serve, or another one serves in its place.</summary>
    Delete,

    /// <summary>Create a new pod at once, beside an old one that does not serve.</summary>
    Create,

    /// <summary>Delete a pod that serves on a node that the set has left, when another one serves in its place.</summary>
    Leave,
}
