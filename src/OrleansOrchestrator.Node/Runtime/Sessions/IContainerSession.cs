namespace OrleansOrchestrator.Node.Runtime.Sessions;

/// <summary>Takes what a process writes.</summary>
/// <param name="isError">Whether it is the process's standard error; a terminal has only one stream.</param>
/// <param name="bytes">The bytes; they are valid until the call ends.</param>
/// <param name="cancellationToken">Ends the call.</param>
internal delegate ValueTask SessionOutput(bool isError, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

/// <summary>The streams of a process in a container, of one that was started for the session (exec) or of the container's own (attach).</summary>
/// <remarks>
/// Input and output go on side by side; either waits for its slower side, so that nothing is buffered without bound. Disposing ends
/// the session: the process of an exec is killed if it still runs, that of an attach runs on.
/// </remarks>
internal interface IContainerSession : IAsyncDisposable
{
    /// <summary>Hands input to the process, and waits while it does not read.</summary>
    /// <exception cref="IOException">The process takes no more input.</exception>
    ValueTask WriteInputAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken);

    /// <summary>Ends the input. What the process writes still comes.</summary>
    /// <exception cref="IOException">The process takes no more input.</exception>
    ValueTask EndInputAsync(CancellationToken cancellationToken);

    /// <summary>Tells the process how large its terminal is; without a terminal nothing happens.</summary>
    Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken);

    /// <summary>Hands on what the process writes, as it comes, until it has ended and everything has been handed on.</summary>
    /// <returns>The exit code of an exec; null of an attach.</returns>
    /// <exception cref="RuntimeException">The runtime failed.</exception>
    Task<int?> CopyOutputAsync(SessionOutput output, CancellationToken cancellationToken);
}
