namespace OrleansOrchestrator.Node.Server.Streams.PortForwarding;

/// <summary>The caller's side of one connection to a port of a pod.</summary>
internal interface IForwardedConnection : IAsyncDisposable
{
    /// <summary>The port in the pod.</summary>
    int Port { get; }

    /// <summary>Reads what the caller sends to the pod; 0 is its end.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Sends what the pod says, and waits while the caller does not read.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends what the pod says; the other direction goes on.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Tells the caller why the connection has failed.</summary>
    ValueTask FailAsync(string message, CancellationToken cancellationToken);
}
