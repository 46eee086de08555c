namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>A part of a message of a channel.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Content">The bytes; valid until the next part is received.</param>
internal readonly record struct ChannelPart(Channel Channel, ReadOnlyMemory<byte> Content);

/// <summary>The channels of a session, whatever carries them. One caller may receive at a time; any number may send.</summary>
internal interface IChannels : IDisposable
{
    /// <summary>The protocol in use.</summary>
    ChannelProtocol Protocol { get; }

    /// <summary>Sends a message, and waits while the other side does not read.</summary>
    ValueTask SendAsync(Channel channel, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Receives the next part of a message.</summary>
    /// <returns>The part; null when the other side sends no more.</returns>
    /// <remarks>It takes no token: a cancelled receive would break the connection, and with it output in flight.</remarks>
    ValueTask<ChannelPart?> ReceiveAsync();

    /// <summary>Ends the output, waits a moment for the other side's end, and then breaks the connection.</summary>
    /// <param name="receiving">Completes when nothing more comes.</param>
    Task CloseAsync(Task receiving);
}
