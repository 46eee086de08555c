namespace OrleansOrchestrator.Node.Runtime.Sessions;

/// <summary>Receives the output of a process.</summary>
/// <param name="isError">Whether it is standard error; a terminal has only one stream.</param>
/// <param name="bytes">The bytes; valid until the call ends.</param>
/// <param name="cancellationToken">Ends the call.</param>
internal delegate ValueTask SessionOutput(bool isError, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

/// <summary>The streams of a process in a container: one started for the session (exec), or the main process (attach).</summary>
/// <remarks>
/// Input and output are concurrent. Each waits for its slower side, so that nothing is buffered without bound. Disposing ends the
/// session: it kills the process of an exec if that still runs; the process of an attach runs on.
/// </remarks>
internal interface IContainerSession : IAsyncDisposable
{
    /// <summary>Writes input to the process, and waits while it does not read.</summary>
    /// <exception cref="IOException">The process takes no more input.</exception>
    ValueTask WriteInputAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken);

    /// <summary>Ends the input. Output still follows.</summary>
    /// <exception cref="IOException">The process takes no more input.</exception>
    ValueTask EndInputAsync(CancellationToken cancellationToken);

    /// <summary>Sets the size of the terminal; does nothing without a terminal.</summary>
    Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken);

    /// <summary>Passes on the output as it comes, until the process has ended and everything has been passed on.</summary>
    /// <returns>The exit code of an exec; null for an attach.</returns>
    /// <exception cref="RuntimeException">The runtime failed.</exception>
    Task<int?> CopyOutputAsync(SessionOutput output, CancellationToken cancellationToken);
}
