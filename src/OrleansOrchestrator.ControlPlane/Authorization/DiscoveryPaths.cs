namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>The discovery paths. Every client starts with them.</summary>
internal static class DiscoveryPaths
{
    private static readonly string[] Roots = ["/api", "/apis", "/openapi"];

    /// <summary>The paths as patterns of rules.</summary>
    public static string[] Patterns { get; } = [.. Roots.SelectMany(root => new[] { root, root + "/*" })];

    /// <summary>Whether a path is one of them.</summary>
    public static bool Contains(string path) =>
        Array.Exists(Roots, root => path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/'));
}
