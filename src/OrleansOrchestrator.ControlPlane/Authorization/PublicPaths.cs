namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>The paths that reveal nothing about objects. Probes of a silo that has not read the roles yet may ask for them, as the role
/// <c>system:public-info-viewer</c> will allow.</summary>
internal static class PublicPaths
{
    /// <summary>Whether an action is a read of one of them.</summary>
    public static bool Contains(AccessAttributes access) =>
        access is { IsResource: false, Verb: Verbs.Get, Path: "/livez" or "/readyz" or "/healthz" or "/version" or "/version/" };
}
