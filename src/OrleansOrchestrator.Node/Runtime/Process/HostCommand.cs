using System.Diagnostics;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Runs a short command of the host and returns its output.</summary>
internal static class HostCommand
{
    private const int OutputCharactersMax = 10 * 1024;

    /// <exception cref="RuntimeException">The program does not exist.</exception>
    public static async Task<ExecResult> RunAsync(
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? environment,
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
        if (environment is not null)
        {
            info.Environment.Clear();
            foreach (var (name, value) in environment)
                info.Environment[name] = value;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelWithin(timeout);
        using var process = Start(info);
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
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
