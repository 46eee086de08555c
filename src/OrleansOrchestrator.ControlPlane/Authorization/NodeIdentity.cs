namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>Tells node daemons from all other users.</summary>
public static class NodeIdentity
{
    /// <summary>The node that a user is: null if the user is no node, and empty if it does not say which.</summary>
    public static string? NodeOf(UserInfo user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user.Name.StartsWith(WellKnownGroups.NodeUserPrefix, StringComparison.Ordinal) && user.IsIn(WellKnownGroups.Nodes)
            ? user.Name[WellKnownGroups.NodeUserPrefix.Length..]
            : null;
    }
}
