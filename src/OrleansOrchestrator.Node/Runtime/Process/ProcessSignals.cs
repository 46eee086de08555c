using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Sends signals to the processes of a container.</summary>
internal static partial class ProcessSignals
{
    private const int Kill = 9;
    private const int Terminate = 15;

    /// <summary>Asks the leader of a group to end, or kills the whole group; what is gone is no error.</summary>
    public static void Send(int leader, ContainerSignal signal)
    {
        // 0 and 1 would mean this daemon's own group and every process of the machine.
        ArgumentOutOfRangeException.ThrowIfLessThan(leader, 2);
        _ = signal == ContainerSignal.Kill ? Send(-leader, Kill) : Send(leader, Terminate);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Send(int pid, int signal);
}
