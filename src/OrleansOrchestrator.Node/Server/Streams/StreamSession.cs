using System.Text.Json;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>Connects a session of the runtime to the channels of its caller, until either ends.</summary>
/// <param name="opened">The session, or its refusal.</param>
/// <param name="request">The session's request.</param>
/// <param name="channels">The channels.</param>
/// <param name="idle">Ends an idle session.</param>
internal sealed class StreamSession(OpenedSession opened, SessionRequest request, IChannels channels, IdleTimer idle)
{
    /// <summary>Runs until the process has ended and its caller has the result, the caller has gone, or the session was idle for too
    /// long.</summary>
    /// <param name="what">The operation, for errors.</param>
    /// <param name="cancellationToken">Ends the session.</param>
    public async Task RunAsync(string what, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);

        // Output first, so that the answer to the first input is not missed.
        var copying = CopyAsync(what, ending.Token);
        var receiving = ReceiveAsync(ending);
        await copying;
        await ending.CancelAsync();
        await channels.CloseAsync(receiving);
    }

    private async Task CopyAsync(string what, CancellationToken cancellationToken)
    {
        try
        {
            await ReportAsync(await EndOfAsync(what, cancellationToken), cancellationToken);
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // Nobody is left to receive the result.
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
        if (status.Encode(channels.Protocol) is { Length: > 0 } message)
            await channels.SendAsync(Channel.Error, message, cancellationToken);
    }

    private async ValueTask SendAsync(bool isError, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        idle.Touch();
        await channels.SendAsync(isError ? Channel.Stderr : Channel.Stdout, bytes, cancellationToken);
    }

    /// <summary>Passes on the caller's messages until it sends no more, which ends the session. Input after the process's end of input
    /// is dropped.</summary>
    private async Task ReceiveAsync(CancellationTokenSource ending)
    {
        try
        {
            var takesInput = request.Stdin;
            while (await channels.ReceiveAsync() is { } part)
            {
                idle.Touch();
                if (opened.Session is { } session && !ending.IsCancellationRequested)
                    takesInput = await HandOnAsync(session, part, takesInput, ending.Token);
            }
        }
        catch (Exception gone) when (gone.IsGone())
        {
            // A broken connection counts as closed.
        }

        await ending.CancelAsync();
    }

    /// <returns>Whether the process takes more input. A process that takes none may still write.</returns>
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
