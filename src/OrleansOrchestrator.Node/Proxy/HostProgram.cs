using System.ComponentModel;
using System.Diagnostics;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Runs a short program of the machine, such as <c>ip</c> and <c>nft</c>.</summary>
internal static class HostProgram
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="name">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Writes what it reads; null for nothing.</param>
    /// <param name="timeout">The time after which it hangs, and is killed.</param>
    /// <param name="cancellationToken">Kills it.</param>
    public static async Task<HostProgramResult> RunAsync(
        string name, IReadOnlyList<string> arguments, Action<TextWriter>? input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(name, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelWithin(timeout);
            using var killing = limit.Token.UnsafeRegister(static program => Kill((Process)program!), process);
            var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            await Task.Run(() => Feed(process, input), CancellationToken.None);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return limit.IsCancellationRequested
                ? new HostProgramResult(-1, "", $"{name} has not ended within {timeout.TotalSeconds:0} s")
                : new HostProgramResult(process.ExitCode, await output, await errors);
        }
        catch (Win32Exception missing)
        {
            return new HostProgramResult(-1, "", missing.Message);
        }
    }

    private static void Feed(Process process, Action<TextWriter>? input)
    {
        try
        {
            input?.Invoke(process.StandardInput);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended, and says why.
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}

/// <summary>How a program has ended.</summary>
/// <param name="ExitCode">Its exit code; -1 if there is no such program, or it hung.</param>
/// <param name="Output">What it said.</param>
/// <param name="Errors">What it complained about.</param>
internal readonly record struct HostProgramResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Whether it did what it was asked.</summary>
    public bool Succeeded => ExitCode == 0;
}
