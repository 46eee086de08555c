using System.Diagnostics;
using System.Text;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Runs a short command of the host and returns its output.</summary>
internal static class HostCommand
{
    // The kubelet's limit for the output of a probe.
    private const int OutputCharactersMax = 10 * 1024;

    /// <exception cref="RuntimeException">The program does not exist.</exception>
    public static async Task<ExecResult> RunAsync(
        IReadOnlyList<string> command,
        string? workingDirectory,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var info = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingDirectory ?? "/",
        };
        info.Environment.Clear();
        info.Environment["PATH"] = ProgramBuilder.DefaultPath;

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelWithin(timeout);
        using var process = Start(info);
        process.StandardInput.Close();
        try
        {
            var output = ReadStartAsync(process.StandardOutput, limit.Token);
            var error = ReadStartAsync(process.StandardError, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            var text = await output + await error;
            return new ExecResult(process.ExitCode, text.Length <= OutputCharactersMax ? text : text[..OutputCharactersMax]);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ExecResult(-1, "", TimedOut: true);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Reads to the end, so that the command never blocks on its output, and keeps the beginning.</summary>
    private static async Task<string> ReadStartAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var kept = new StringBuilder();
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            kept.Append(buffer, 0, Math.Min(count, OutputCharactersMax - kept.Length));
        return kept.ToString();
    }

    private static System.Diagnostics.Process Start(ProcessStartInfo info)
    {
        try
        {
            return System.Diagnostics.Process.Start(info)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new RuntimeException(RuntimeException.RunContainer, exception.Message, exception);
        }
    }
}
