using System.Globalization;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Reads logs, and runs commands in containers.</summary>
internal static class DockerStreams
{
    // The most that the engine sends at once: Go's copy buffer.
    private const int BufferBytes = 32 * 1024;
    // The kubelet's limit for the output of a probe.
    private const int ExecOutputBytesMax = 10 * 1024;

    public static async Task CopyLogsAsync(
        DockerClient client, string containerId, LogQuery query, Stream output, CancellationToken cancellationToken)
    {
        var parameters = new ContainerLogsParameters
        {
            ShowStdout = true,
            ShowStderr = true,
            Follow = query.Follow,
            Timestamps = query.Timestamps,
            Tail = query.TailLines?.ToString(CultureInfo.InvariantCulture) ?? "all",
            Since = query.Since is { } since ? UnixTime(since) : null,
        };
        using var logs = await client.Containers.GetContainerLogsAsync(containerId, parameters, cancellationToken);
        var buffer = new byte[BufferBytes];
        while (await logs.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken) is { EOF: false } part)
            await output.WriteAsync(buffer.AsMemory(0, part.Count), cancellationToken);
    }

    public static async Task<ExecResult> ExecAsync(
        DockerClient client, string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelWithin(timeout);
        try
        {
            var exec = await client.Exec.CreateContainerExecAsync(
                containerId, new ContainerExecCreateParameters { Cmd = [.. command], AttachStdout = true, AttachStderr = true }, limit.Token);
            using var stream = await client.Exec.StartContainerExecAsync(exec.ID, new ContainerExecStartParameters(), limit.Token);
            var output = await ReadStartAsync(stream, limit.Token);
            var ended = await client.Exec.InspectContainerExecAsync(exec.ID, limit.Token);
            return new ExecResult((int)(ended.ExitCode ?? -1), output);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ExecResult(-1, "", TimedOut: true);
        }
        catch (Exception exception) when (DockerEngine.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw DockerErrors.ToRuntime(exception, RuntimeException.RunContainer);
        }
    }

    /// <summary>Reads to the end, and keeps the beginning.</summary>
    private static async Task<string> ReadStartAsync(MultiplexedStream stream, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream();
        var buffer = new byte[BufferBytes];
        while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken) is { EOF: false } part)
            kept.Write(buffer, 0, (int)Math.Min(part.Count, ExecOutputBytesMax - kept.Length));
        return Encoding.UTF8.GetString(kept.ToArray());
    }

    private static string UnixTime(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return string.Create(
            CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:000000000}");
    }
}
