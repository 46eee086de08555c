namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>The paths that reveal nothing about objects and are open to all, so that probes need no credentials.</summary>
internal static class PublicPaths
{
    /// <summary>The paths as patterns of rules.</summary>
    public static string[] Patterns { get; } = ["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version"];

    /// <summary>Whether a path is one of them.</summary>
    public static bool Contains(string path) =>
        path is "/livez" or "/readyz" or "/healthz" or "/version"
        || path.StartsWith("/livez/", StringComparison.Ordinal)
        || path.StartsWith("/readyz/", StringComparison.Ordinal)
        || path.StartsWith("/healthz/", StringComparison.Ordinal);
}
