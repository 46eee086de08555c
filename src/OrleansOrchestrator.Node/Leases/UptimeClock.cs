using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>The system's clock, with the machine's uptime as timestamps: it also runs while the machine sleeps, and nobody sets
/// it.</summary>
/// <remarks>The guard reads the same clock from <c>/proc/uptime</c>. See CLOCK_BOOTTIME in clock_gettime(2).</remarks>
internal sealed partial class UptimeClock : TimeProvider
{
    // CLOCK_BOOTTIME.
    private const int BootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private UptimeClock()
    {
    }

    public override long TimestampFrequency => NanosecondsPerSecond;

    /// <summary>The clock for measuring silence. Clocks other than the system's stay as they are.</summary>
    public static TimeProvider Of(TimeProvider clock) => clock == System ? new UptimeClock() : clock;

    public override long GetTimestamp() => GetTime(BootTime, out var time) == 0
        ? (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds
        : throw new Win32Exception();

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetTime(int clock, out TimeSpec time);
}
