using System.Text.Json;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>Connects a session of the runtime with the channels of its caller, until either ends.</summary>
/// <param name="opened">The session, or why there is none.</param>
/// <param name="request">What the session was opened with.</param>
/// <param name="socket">The channels.</param>
/// <param name="idle">Ends the session when nothing moves for long.</param>
internal sealed class StreamSession(OpenedSession opened, SessionRequest request, ChannelSocket socket, IdleTimer idle)
{
    /// <summary>Runs until the process has ended and its caller has been told how, or the caller has gone, or nothing moved for too long.</summary>
    /// <param name="what">What is done, for errors.</param>
    /// <param name="cancellationToken">Ends the session.</param>
    public async Task RunAsync(string what, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);

        // Output first: what the process answers to the first input must not be missed.
        var copying = CopyAsync(what, ending.Token);
        var receiving = ReceiveAsync(ending);
        await copying;
        await ending.CancelAsync();
        await socket.CloseAsync(receiving);
    }

    private async Task CopyAsync(string what, CancellationToken cancellationToken)
    {
        try
        {
            await ReportAsync(await EndOfAsync(what, cancellationToken), cancellationToken);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // Nobody is left who could be told.
        }
    }

    private async Task<StreamStatus> EndOfAsync(string what, CancellationToken cancellationToken)
    {
        if (opened.Failure is { } refused)
            return StreamStatus.OfFailure($"{what}: {refused.Message}");
        try
        {
            return StreamStatus.OfExit(await opened.Session!.CopyOutputAsync(SendAsync, cancellationToken));
        }
        catch (RuntimeException failure)
        {
            return StreamStatus.OfFailure($"{what}: {failure.Message}");
        }
    }

    private async Task ReportAsync(StreamStatus status, CancellationToken cancellationToken)
    {
        if (status.Encode(socket.Protocol) is { Length: > 0 } told)
            await socket.SendAsync(Channel.Error, told, cancellationToken);
    }

    private async ValueTask SendAsync(bool isError, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        idle.Touch();
        await socket.SendAsync(isError ? Channel.Stderr : Channel.Stdout, bytes, cancellationToken);
    }

    /// <summary>Hands on what the caller sends until it sends no more, which ends the session. What comes after its end is dropped.</summary>
    private async Task ReceiveAsync(CancellationTokenSource ending)
    {
        try
        {
            var takesInput = request.Stdin;
            while (await socket.ReceiveAsync() is { } part)
            {
                idle.Touch();
                if (opened.Session is { } session && !ending.IsCancellationRequested)
                    takesInput = await HandOnAsync(session, part, takesInput, ending.Token);
            }
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // A caller that breaks the connection is as gone as one that closes it.
        }

        await ending.CancelAsync();
    }

    /// <returns>Whether the process takes more input. One that takes none may go on writing.</returns>
    private async ValueTask<bool> HandOnAsync(IContainerSession session, ChannelPart part, bool takesInput, CancellationToken cancellationToken)
    {
        try
        {
            switch (part.Channel)
            {
                case Channel.Stdin when takesInput:
                    await session.WriteInputAsync(part.Content, cancellationToken);
                    break;
                case Channel.Close when takesInput && part.Content.Span[0] == (byte)Channel.Stdin:
                    await session.EndInputAsync(cancellationToken);
                    return false;
                case Channel.Resize when request.Tty && SizeOf(part.Content.Span) is { } size:
                    await session.ResizeAsync(size, cancellationToken);
                    break;
            }

            return takesInput;
        }
        catch (Exception ended) when (ended.IsGone())
        {
            return false;
        }
    }

    private static TerminalSize? SizeOf(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            var size = JsonSerializer.Deserialize<Size>(ref reader);
            return new TerminalSize((ushort)Math.Min(size.Width, ushort.MaxValue), (ushort)Math.Min(size.Height, ushort.MaxValue));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private readonly record struct Size(uint Width, uint Height);
}
