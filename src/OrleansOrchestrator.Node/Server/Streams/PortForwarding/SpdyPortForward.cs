using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Tunnels;
using OrleansOrchestrator.Node.Spdy;

namespace OrleansOrchestrator.Node.Server.Streams.PortForwarding;

/// <summary>
/// Forwarded ports over SPDY: for each connection the caller opens a stream for errors and one for data, with the same request id.
/// </summary>
/// <remarks>See k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go.</remarks>
internal sealed class SpdyPortForward(PortForwarder forwarder, TimeProvider timeProvider)
{
    private const string TypeHeader = "streamtype", PortHeader = "port", RequestHeader = "requestid";
    private const string DataType = "data", ErrorType = "error";

    // As the kubelet.
    private static readonly TimeSpan PairingTime = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Pair> _waiting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>Serves connections until the caller ends.</summary>
    public async Task RunAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var spdy = new SpdySocket(socket, timeProvider);
        var connection = spdy.Connection;
        var reading = connection.RunAsync(stream => Accept(stream, connection.Ended), cancellationToken);
        await reading;
        await Task.WhenAll(_running.Keys);
        await spdy.CloseAsync(reading);
    }

    private bool Accept(SpdyStream stream, CancellationToken ended)
    {
        var type = stream.Headers.GetValueOrDefault(TypeHeader);
        if (type is not (DataType or ErrorType)
            || !ushort.TryParse(stream.Headers.GetValueOrDefault(PortHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port == 0)
        {
            return false;
        }

        var id = RequestOf(stream, type);
        var pair = _waiting.GetOrAdd(id, _ => new Pair());
        if (pair.IsEmpty)
            Track(ServeAsync(id, pair, ended));
        return pair.Add(stream, type == DataType, port);
    }

    /// <summary>The id of a connection. Old callers give none: they open the stream for errors, and then that for data.</summary>
    private static string RequestOf(SpdyStream stream, string type) => stream.Headers.GetValueOrDefault(RequestHeader) is { Length: > 0 } id ? id
        : string.Create(CultureInfo.InvariantCulture, $"{(type == ErrorType ? stream.Id : stream.Id - 2)}");

    private async Task ServeAsync(string id, Pair pair, CancellationToken ended)
    {
        var isComplete = await pair.Complete.CompletesWithinAsync(PairingTime, timeProvider, ended);
        _waiting.TryRemove(KeyValuePair.Create(id, pair));
        if (isComplete)
            await forwarder.ForwardAsync(pair, ended);
        else
            await pair.DisposeAsync();
    }

    private void Track(Task task)
    {
        _running[task] = true;
        _ = task.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
    }

    private sealed class Pair : IForwardedConnection
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private SpdyStream? _data;
        private SpdyStream? _error;

        public int Port { get; private set; }

        public Task Complete => _complete.Task;

        public bool IsEmpty => _data is null && _error is null;

        /// <returns>Whether the stream has a place.</returns>
        public bool Add(SpdyStream stream, bool isData, int port)
        {
            ref var place = ref isData ? ref _data : ref _error;
            if (place is not null)
                return false;
            place = stream;
            if (isData)
                Port = port;
            if (_data is not null && _error is not null)
                _complete.TrySetResult();
            return true;
        }

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => _data!.ReadAsync(buffer, cancellationToken);

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _data!.WriteAsync(bytes, cancellationToken);

        public ValueTask CompleteAsync(CancellationToken cancellationToken) => _data!.CompleteAsync(cancellationToken);

        public ValueTask FailAsync(string message, CancellationToken cancellationToken) =>
            _error!.WriteAsync(Encoding.UTF8.GetBytes(message), cancellationToken);

        /// <summary>Ends both streams, also for a caller that waits for the one for errors.</summary>
        public async ValueTask DisposeAsync()
        {
            foreach (var stream in new[] { _error, _data })
            {
                if (stream is null)
                    continue;
                try
                {
                    await stream.CompleteAsync(CancellationToken.None);
                }
                catch (Exception gone) when (gone.IsGone())
                {
                    // The caller has gone.
                }

                await stream.DisposeAsync();
            }
        }
    }
}
