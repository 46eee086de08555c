using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Reads logs.</summary>
internal static class DockerStreams
{
    // The most that the engine sends at once: Go's copy buffer.
    private const int BufferBytes = 32 * 1024;

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
        using var logs = await CallAsync(token => client.Containers.GetContainerLogsAsync(containerId, parameters, token), DockerEngine.QuickTime, cancellationToken);
        var buffer = new byte[BufferBytes];
        // A container may be silent for any time; what it has written already comes at once.
        var patience = query.Follow ? Timeout.InfiniteTimeSpan : DockerEngine.QuickTime;
        while (await CallAsync(token => logs.ReadOutputAsync(buffer, 0, buffer.Length, token), patience, cancellationToken) is { EOF: false } part)
            await output.WriteAsync(buffer.AsMemory(0, part.Count), cancellationToken);
    }

    private static Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan within, CancellationToken cancellationToken) =>
        DockerEngine.CallAsync(call, within, RuntimeException.Unavailable, cancellationToken);

    private static string UnixTime(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return string.Create(
            CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:000000000}");
    }
}
