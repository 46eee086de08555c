using System.ComponentModel;
using System.Diagnostics;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>The state of the machine, as systemd knows it.</summary>
internal static class Machine
{
    // systemd answers in milliseconds. A hung one must not keep the daemon from stopping.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    /// <summary>Whether the machine is being shut down or restarted; false without systemd.</summary>
    public static async Task<bool> IsGoingDownAsync(TimeProvider time)
    {
        using var end = new CancellationTokenSource(AnswerTime, time);
        try
        {
            using var systemctl = Process.Start(new ProcessStartInfo("systemctl", ["is-system-running"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (systemctl is null)
                return false;
            var state = await systemctl.StandardOutput.ReadToEndAsync(end.Token);
            return state.Trim() == "stopping";
        }
        catch (Exception unknown) when (unknown is Win32Exception or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
