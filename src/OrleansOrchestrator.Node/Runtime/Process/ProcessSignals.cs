using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Sends signals to whole process groups.</summary>
internal static partial class ProcessSignals
{
    private const int Kill = 9;
    private const int Terminate = 15;

    /// <summary>Signals every process of the group; a group that is gone is no error.</summary>
    public static void Send(int group, ContainerSignal signal)
    {
        // Group 0 and 1 would mean this daemon's own group and every process of the machine.
        ArgumentOutOfRangeException.ThrowIfLessThan(group, 2);
        _ = SendToGroup(-group, signal == ContainerSignal.Kill ? Kill : Terminate);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendToGroup(int pid, int signal);
}
