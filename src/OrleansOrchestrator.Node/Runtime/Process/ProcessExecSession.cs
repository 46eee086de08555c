using System.ComponentModel;
using System.Diagnostics;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>A command beside a container's program, over pipes or in a terminal. It leads a session of processes of its own.</summary>
internal sealed class ProcessExecSession : IContainerSession
{
    private static readonly byte[] EndOfTransmission = [4];

    private readonly System.Diagnostics.Process _process;
    private readonly PseudoTerminal? _terminal;
    private readonly SessionRequest _request;
    private readonly TimeProvider _timeProvider;
    private readonly Task _exit;
    private readonly Action<ProcessExecSession> _onEnd;

    private ProcessExecSession(
        System.Diagnostics.Process process, PseudoTerminal? terminal, SessionRequest request, TimeProvider timeProvider, Action<ProcessExecSession> onEnd)
    {
        _process = process;
        _terminal = terminal;
        _request = request;
        _timeProvider = timeProvider;
        _onEnd = onEnd;
        _exit = process.WaitForExitAsync();
    }

    /// <summary>Starts the command.</summary>
    /// <param name="words">The words that run it beside the program.</param>
    /// <param name="owner">The user of the command's terminal; null for the daemon's user.</param>
    /// <param name="workingDirectory">The working directory.</param>
    /// <param name="request">The requested streams.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="onEnd">Called once when the session is disposed.</param>
    /// <exception cref="RuntimeException">It cannot be started.</exception>
    public static ProcessExecSession Start(
        IReadOnlyList<string> words, string? owner, string? workingDirectory, SessionRequest request, TimeProvider timeProvider, Action<ProcessExecSession> onEnd)
    {
        PseudoTerminal? terminal = null;
        try
        {
            terminal = request.Tty ? PseudoTerminal.Open() : null;
            var all = terminal is null ? ProcessWrapper.InSession(words) : ProcessWrapper.InTerminal(terminal.Path, owner, words);
            var info = new ProcessStartInfo(all[0], all.Skip(1))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = workingDirectory ?? "/",
            };
            info.Environment.Clear();
            info.Environment["PATH"] = ProgramBuilder.DefaultPath;
            if (terminal is not null)
                info.Environment["TERM"] = "xterm";
            var process = System.Diagnostics.Process.Start(info)!;
            if (terminal is not null || !request.Stdin)
                process.StandardInput.Close();
            return new ProcessExecSession(process, terminal, request, timeProvider, onEnd);
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            terminal?.Dispose();
            throw new RuntimeException(RuntimeException.RunContainer, exception.Message, exception);
        }
    }

    public async ValueTask WriteInputAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        if (_terminal is not null)
            await _terminal.WriteAsync(input, cancellationToken);
        else
            await _process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
    }

    public async ValueTask EndInputAsync(CancellationToken cancellationToken)
    {
        // A terminal has no end of input; programs that read lines take this character for it.
        if (_terminal is not null)
            await _terminal.WriteAsync(EndOfTransmission, cancellationToken);
        else
            _process.StandardInput.Close();
    }

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken)
    {
        _terminal?.Resize(size);
        return Task.CompletedTask;
    }

    public async Task<int?> CopyOutputAsync(SessionOutput output, CancellationToken cancellationToken)
    {
        var standard = _request.Stdout ? output : null;
        if (_terminal is not null)
        {
            await CopyAsync(_terminal.ReadAsync, isError: false, standard, cancellationToken);
        }
        else
        {
            await Task.WhenAll(
                CopyAsync(_process.StandardOutput.BaseStream.ReadAsync, isError: false, standard, cancellationToken),
                CopyAsync(_process.StandardError.BaseStream.ReadAsync, isError: true, _request.Stderr ? output : null, cancellationToken));
        }

        await _exit.WaitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Kills the command and its descendants in the same session.</summary>
    public void Kill()
    {
        try
        {
            if (_process.HasExited)
                return;
            ProcessSignals.Send(_process.Id, ContainerSignal.Kill);
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It has just ended.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _onEnd(this);
        Kill();
        _terminal?.Dispose();
        await _exit;
        _process.Dispose();
    }

    private Task CopyAsync(
        Func<Memory<byte>, CancellationToken, ValueTask<int>> read, bool isError, SessionOutput? output, CancellationToken cancellationToken) => SessionStreams.CopyAsync(
        read,
        (bytes, token) => output is null ? ValueTask.CompletedTask : output(isError, bytes, token),
        _exit,
        _timeProvider,
        cancellationToken);
}
