using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>The default user of host processes.</summary>
internal static partial class ProcessUser
{
    /// <summary>The id of the daemon's user.</summary>
    public static string Current { get; } = EffectiveUser().ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
