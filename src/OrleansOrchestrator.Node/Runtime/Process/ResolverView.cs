using System.ComponentModel;
using System.Diagnostics;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>
/// Shows processes of a pod the pod's resolver in place of the host's: the C library reads it only there. They get mounts of their own for
/// that, which takes root. All other mounts, also later ones, are the host's.
/// </summary>
internal static class ResolverView
{
    private const string Script = """
        mount --bind "$1" "$2"
        shift 2
        exec "$@"
        """;

    // The commands take milliseconds.
    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(5);
    private static readonly Lazy<bool> Works = new(Probe);

    /// <summary>Whether this machine lets the daemon do so.</summary>
    public static bool IsAvailable => Works.Value;

    /// <summary>The words that run other words with the pod's resolver; empty if there is none, or it cannot be shown.</summary>
    public static IReadOnlyList<string> WordsOf(ContainerSpec spec) =>
        spec.Mounts.FirstOrDefault(mount => mount is { Volume.Length: 0, Target: ContainerSpec.ResolverPath }) is { } resolver && IsAvailable
            ? ["unshare", "--mount", "--propagation", "slave", "sh", "-c", Script, "view", resolver.Source, ContainerSpec.ResolverPath]
            : [];

    private static bool Probe()
    {
        if (!System.Environment.IsPrivilegedProcess || !File.Exists(ContainerSpec.ResolverPath))
            return false;
        try
        {
            using var process = System.Diagnostics.Process.Start(new ProcessStartInfo("unshare", ["--mount", "--propagation", "slave", "mount", "--bind", ContainerSpec.ResolverPath, ContainerSpec.ResolverPath]) { RedirectStandardError = true })!;
            return process.WaitForExit(ProbeTime) && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
