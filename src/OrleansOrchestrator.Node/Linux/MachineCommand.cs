using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>A program of the machine that does one thing within milliseconds, such as <c>ip</c>, <c>nft</c> or a network plugin.</summary>
/// <param name="Program">Its name or path.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record MachineCommand(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>What it reads from its standard input; empty for nothing.</summary>
    public string Input { get; init; } = "";

    /// <summary>Variables that it has besides the daemon's own.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>How long it may take. After that it hangs, and is killed with the programs that it started.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Runs it to its end.</summary>
    /// <returns>What came of it, also if it is not installed, fails, or takes too long.</returns>
    public async Task<CommandOutcome> RunAsync(CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo() };
        try
        {
            process.Start();
        }
        catch (Win32Exception missing)
        {
            return new CommandOutcome(null, "", $"{Program} cannot be run: {missing.Message}");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await WriteAsync(process.StandardInput, limit.Token);
            await Task.WhenAll(output, error);
            await process.WaitForExitAsync(limit.Token);
            return new CommandOutcome(process.ExitCode, (await output).Trim(), (await error).Trim());
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            cancellationToken.ThrowIfCancellationRequested();
            return new CommandOutcome(null, "", string.Create(CultureInfo.InvariantCulture, $"{Program} took longer than {Timeout.TotalSeconds:0.###} s"));
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var info = new ProcessStartInfo(Find(), Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Variables)
            info.Environment[name] = value;
        return info;
    }

    /// <summary>The path of the program. The platform would look in the current folder first, whose files may be anybody's.</summary>
    private string Find() => Program.Contains('/', StringComparison.Ordinal)
        ? Program
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(Path.IsPathRooted).Select(folder => Path.Combine(folder, Program)).FirstOrDefault(File.Exists)
            ?? Path.Combine("/usr/sbin", Program);

    private async Task WriteAsync(StreamWriter input, CancellationToken cancellationToken)
    {
        try
        {
            await input.WriteAsync(Input.AsMemory(), cancellationToken);
            input.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of it. Its exit code says whether that was a fault.
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has just ended.
        }
    }
}

/// <summary>What came of a <see cref="MachineCommand"/>.</summary>
/// <param name="ExitCode">Its exit code; null if it could not be run, or took too long.</param>
/// <param name="Output">Its standard output, trimmed.</param>
/// <param name="Error">Its standard error, trimmed, or why it has no exit code.</param>
internal sealed record CommandOutcome(int? ExitCode, string Output, string Error)
{
    /// <summary>Whether it ended with the exit code 0.</summary>
    public bool IsSuccess => ExitCode == 0;
}
