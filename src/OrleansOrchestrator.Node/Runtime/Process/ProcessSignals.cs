using System.Runtime.InteropServices;


namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Sends signals to the processes of a container.</summary>
internal static partial class ProcessSignals
{
    private const int KillSignal = 9;
    private const int TerminateSignal = 15;
    private const int EndInputSignal = 10;

    /// <summary>Asks the leader of a group to stop, or kills the whole group. A missing process is no error.</summary>
    public static void Send(int leader, ContainerSignal signal)
    {
        // 0 and 1 would mean this daemon's own group and every process of the machine.
        ArgumentOutOfRangeException.ThrowIfLessThan(leader, 2);
        if (signal != ContainerSignal.Kill)
            _ = Send(leader, TerminateSignal);
        else if (Send(-leader, KillSignal) != 0)
            // It does not lead its group yet.
            _ = Send(leader, KillSignal);
    }

    /// <summary>Kills one process. Ids below 2 do not mean a single process.</summary>
    public static void Kill(int pid)
    {
        if (pid > 1)
            _ = Send(pid, KillSignal);
    }

    /// <summary>Tells a container's wrapper that the container's input has ended.</summary>
    public static void EndInput(int wrapper)
    {
        if (wrapper > 1)
            _ = Send(wrapper, EndInputSignal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Send(int pid, int signal);
}
