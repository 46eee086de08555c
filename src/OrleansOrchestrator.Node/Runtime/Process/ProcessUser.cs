using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Whom a host process runs as that says nothing about it.</summary>
internal static partial class ProcessUser
{
    /// <summary>The number of the daemon's user.</summary>
    public static string Current { get; } = EffectiveUser().ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
