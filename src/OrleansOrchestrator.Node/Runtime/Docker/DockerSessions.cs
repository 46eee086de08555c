using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Runs commands in containers of a Docker engine, and attaches to containers.</summary>
internal sealed class DockerSessions(DockerClient client, TimeProvider timeProvider)
{
    // Polls, because the engine announces neither the end of a command nor its process id.
    private static readonly Backoff Polls = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500));

    // The most that the engine sends at once: Go's copy buffer.
    private const int BufferBytes = 32 * 1024;
    // The kubelet's limit for the output of a probe.
    private const int OutputBytesMax = 10 * 1024;

    // The engine accepts a command before it starts its process, which takes that long on a busy machine.
    private static readonly TimeSpan StartTime = TimeSpan.FromMilliseconds(500);

    // 0.63 s in total.
    private const int KillPollsMax = 6;

    /// <summary>Runs a command in a container to its end, or to its time limit. It does not outlive the call.</summary>
    /// <remarks>The limit is the command's. An engine that does not answer is no command that takes too long.</remarks>
    /// <exception cref="RuntimeException">The engine refuses, or does not answer: that says nothing of the command.</exception>
    public async Task<ExecResult> RunAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var parameters = new ContainerExecCreateParameters { Cmd = [.. command], AttachStdout = true, AttachStderr = true };
        var exec = (await CallAsync(token => client.Exec.CreateContainerExecAsync(containerId, parameters, token), cancellationToken)).ID;
        var output = new MemoryStream();
        var isOver = false;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelWithin(timeout < Waits.Longest ? timeout + StartTime : timeout);
            int? exitCode;
            try
            {
                using var stream = await CallAsync(token => client.Exec.StartContainerExecAsync(exec, new ContainerExecStartParameters(), token), limit.Token);
                await CopyStartAsync(stream, output, limit.Token);
                exitCode = await ExitCodeAsync(exec, limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Only the engine knows whether it is the command that still runs.
                var state = await CallAsync(token => client.Exec.InspectContainerExecAsync(exec, token), cancellationToken);
                if (state.Running)
                    return new ExecResult(-1, "", TimedOut: true);
                exitCode = (int?)state.ExitCode
                    ?? throw new RuntimeException(RuntimeException.Unavailable, $"the Docker engine has not started the command within {timeout.TotalSeconds} s");
            }

            isOver = true;
            return new ExecResult(exitCode ?? -1, Encoding.UTF8.GetString(output.ToArray()));
        }
        catch (Exception exception) when (DockerEngine.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw DockerErrors.ToRuntime(exception, RuntimeException.RunContainer);
        }
        finally
        {
            if (!isOver)
                await KillAsync(exec, containerId);
        }
    }

    /// <summary>Starts a command in a container.</summary>
    /// <exception cref="RuntimeException">The engine refuses.</exception>
    public async Task<IContainerSession> ExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken)
    {
        var parameters = new ContainerExecCreateParameters
        {
            Cmd = [.. request.Command],
            AttachStdin = request.Stdin,
            AttachStdout = request.Stdout,
            AttachStderr = request.Stderr,
            TTY = request.Tty,
        };
        var exec = (await CallAsync(token => client.Exec.CreateContainerExecAsync(containerId, parameters, token), cancellationToken)).ID;
        var start = new ContainerExecStartParameters { TTY = request.Tty };
        var stream = await CallAsync(token => client.Exec.StartContainerExecAsync(exec, start, token), cancellationToken);
        return new DockerSession(
            stream,
            request,
            endsInput: true,
            (size, token) => client.Exec.ResizeExecTtyAsync(exec, SizeOf(size), token),
            token => ExitCodeAsync(exec, token),
            () => KillAsync(exec, containerId));
    }

    /// <summary>Attaches to the streams of a container's main process.</summary>
    /// <exception cref="RuntimeException">The engine refuses.</exception>
    public async Task<IContainerSession> AttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken)
    {
        // The engine ends the whole attach with its input. A container that takes input again runs on anyway.
        var container = await CallAsync(token => client.Containers.InspectContainerAsync(containerId, token), cancellationToken);
        var parameters = new ContainerAttachParameters { Stream = true, Stdin = request.Stdin, Stdout = request.Stdout, Stderr = request.Stderr };
        var stream = await CallAsync(token => client.Containers.AttachContainerAsync(containerId, parameters, token), cancellationToken);
        return new DockerSession(
            stream,
            request,
            endsInput: container.Config?.StdinOnce == true,
            (size, token) => client.Containers.ResizeContainerTtyAsync(containerId, SizeOf(size), token),
            static _ => Task.FromResult<int?>(null),
            static () => Task.CompletedTask);
    }

    /// <summary>Reads to the end, and keeps the beginning.</summary>
    private static async Task CopyStartAsync(MultiplexedStream stream, MemoryStream kept, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken) is { EOF: false } part)
            kept.Write(buffer, 0, (int)Math.Min(part.Count, OutputBytesMax - kept.Length));
    }

    private static ContainerResizeParameters SizeOf(TerminalSize size) => new() { Width = size.Columns, Height = size.Rows };

    private static Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        DockerEngine.CallAsync(call, DockerEngine.QuickTime, RuntimeException.RunContainer, cancellationToken);

    /// <summary>A command may close its streams long before it ends.</summary>
    private async Task<int?> ExitCodeAsync(string exec, CancellationToken cancellationToken)
    {
        for (var delay = new RetryDelay(Polls); ;)
        {
            var state = await CallAsync(token => client.Exec.InspectContainerExecAsync(exec, token), cancellationToken);
            if (!state.Running)
                return (int)(state.ExitCode ?? -1);
            await Task.Delay(delay.Next(), timeProvider, cancellationToken);
        }
    }

    /// <summary>
    /// Kills a command whose caller has gone. The engine has no call for that, so that it kills the process itself, if the engine is on
    /// this machine: the container's id in the process's cgroup shows that. A command that is just starting has no process id for a
    /// moment.
    /// </summary>
    private async Task KillAsync(string exec, string containerId)
    {
        try
        {
            for (var poll = 1; poll <= KillPollsMax; poll++)
            {
                var state = await CallAsync(token => client.Exec.InspectContainerExecAsync(exec, token), CancellationToken.None);
                if (!state.Running)
                    return;
                if (state.Pid > 0)
                {
                    ContainerProcess.Kill(state.Pid, containerId);
                    return;
                }

                await Task.Delay(Polls.After(poll), timeProvider, CancellationToken.None);
            }
        }
        catch (RuntimeException)
        {
            // The container is gone, and its command with it.
        }
    }
}
