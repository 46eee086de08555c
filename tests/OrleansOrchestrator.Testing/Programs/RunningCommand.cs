using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansOrchestrator.Testing.Programs;

/// <summary>A running program and its output so far. Disposal kills it.</summary>
public sealed class RunningCommand : IAsyncDisposable
{
    private const int CharactersMax = 8 * 1024 * 1024;

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Task _read;

    private RunningCommand(Process process, string commandLine)
    {
        _process = process;
        CommandLine = commandLine;
        Id = process.Id;
        _read = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors));
    }

    /// <summary>The command line.</summary>
    public string CommandLine { get; }

    /// <summary>Its process id.</summary>
    public int Id { get; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Standard output so far.</summary>
    public string Output => Copy(_output);

    /// <summary>Standard error so far.</summary>
    public string Errors => Copy(_errors);

    /// <summary>Starts a program.</summary>
    public static RunningCommand Start(
        string program, IReadOnlyList<string> arguments, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        var command = new RunningCommand(process, $"{Path.GetFileName(program)} {string.Join(' ', arguments)}");
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading its input. Its exit code and messages say why.
        }

        return command;
    }

    /// <summary>Sends a signal, by its name without SIG.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits until it ends.</summary>
    /// <exception cref="TimeoutException">The program did not end in time; it still runs.</exception>
    public async Task<CommandResult> WaitAsync(TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
            await _read.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{CommandLine} did not end within {timeout.TotalSeconds} s\n{Output}\n{Errors}");
        }

        return new CommandResult(CommandLine, _process.ExitCode, Output, Errors);
    }

    /// <summary>Kills the program.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader, StringBuilder text)
    {
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer.AsMemory()) is > 0 and var count)
        {
            lock (_gate)
            {
                text.Append(buffer.AsSpan(0, count));
                if (text.Length > CharactersMax)
                    text.Remove(0, text.Length - CharactersMax);
            }
        }
    }

    private string Copy(StringBuilder text)
    {
        lock (_gate)
            return text.ToString();
    }
}
