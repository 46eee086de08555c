using System.Buffers;
using System.Net.Sockets;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Server.Streams.PortForwarding;

/// <summary>Connects callers to the ports of one pod, on the pod's own loopback address where the runtime has one.</summary>
/// <param name="runtime">The runtime.</param>
/// <param name="pod">The pod's name and namespace, in the kubelet's form.</param>
/// <param name="podUid">The pod.</param>
/// <param name="idle">Touched by all traffic.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class PortForwarder(IContainerRuntime runtime, string pod, string podUid, IdleTimer idle, TimeProvider timeProvider)
{
    // A TLS record: a larger buffer would not be sent at once.
    private const int BufferBytes = 16 * 1024;

    // A server that has ended its direction reads no answer any more.
    private static readonly TimeSpan LastInputTime = TimeSpan.FromSeconds(2);

    /// <summary>Serves a connection until both of its directions have ended, or one has failed.</summary>
    public async Task ForwardAsync(IForwardedConnection caller, CancellationToken cancellationToken)
    {
        await using (caller)
        {
            try
            {
                using var server = await runtime.ConnectAsync(podUid, caller.Port, cancellationToken);
                await RelayAsync(caller, server, cancellationToken);
            }
            catch (RuntimeException failure)
            {
                await TryFailAsync(caller, $"error forwarding port {caller.Port} to pod {pod}, uid {podUid}: {failure.Message}", cancellationToken);
            }
            catch (Exception gone) when (IsGone(gone))
            {
                // Nobody is left to receive anything.
            }
        }
    }

    private async Task RelayAsync(IForwardedConnection caller, Socket server, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var input = CopyAsync(
            caller.ReadAsync,
            async (bytes, token) =>
            {
                while (bytes.Length > 0)
                    bytes = bytes[await server.SendAsync(bytes, token)..];
            },
            _ =>
            {
                server.Shutdown(SocketShutdown.Send);
                return ValueTask.CompletedTask;
            },
            over.Token);
        var output = CopyAsync(server.ReceiveAsync, caller.WriteAsync, caller.CompleteAsync, over.Token);

        // A caller that has ended its direction may wait for a long answer.
        if (await Task.WhenAny(input, output) == output || !await input)
            await input.CompletesWithinAsync(await output ? LastInputTime : TimeSpan.Zero, timeProvider, over.Token);
        else
            await output;
        await over.CancelAsync();
        await Task.WhenAll(input, output);
    }

    /// <returns>Whether the direction ended in order.</returns>
    private async Task<bool> CopyAsync(
        Func<Memory<byte>, CancellationToken, ValueTask<int>> read,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write,
        Func<CancellationToken, ValueTask> end,
        CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await read(buffer, cancellationToken) is > 0 and var count)
            {
                idle.Touch();
                await write(buffer.AsMemory(0, count), cancellationToken);
            }

            await end(cancellationToken);
            return true;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task TryFailAsync(IForwardedConnection caller, string message, CancellationToken cancellationToken)
    {
        try
        {
            await caller.FailAsync(message, cancellationToken);
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // The caller does not wait for the reason.
        }
    }

    private static bool IsGone(Exception exception) => exception is SocketException || exception.IsGone();
}
