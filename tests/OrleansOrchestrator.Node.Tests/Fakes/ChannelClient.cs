using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A caller of a node's exec and attach, as the gateway is one: a WebSocket over HTTP/2 with channels.</summary>
internal sealed class ChannelClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly ConcurrentDictionary<int, StringBuilder> _received = new();
    private readonly Task _receiving;

    private ChannelClient(ClientWebSocket socket, bool reads)
    {
        _socket = socket;
        _receiving = reads ? ReceiveAsync() : Task.CompletedTask;
    }

    /// <summary>What came over the error channel.</summary>
    public JsonNode Status => JsonNode.Parse(Text(3))!;

    /// <summary>The exit code that the status tells.</summary>
    public int ExitCode => Status["status"]!.GetValue<string>() == "Success" ? 0
        : int.Parse(Status["details"]!["causes"]![0]!["message"]!.GetValue<string>(), null);

    /// <summary>Connections to a node that streams can share.</summary>
    public static HttpMessageInvoker Connect(X509Certificate2 caller) => new(new SocketsHttpHandler
    {
        EnableMultipleHttp2Connections = true,
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true, LocalCertificateSelectionCallback = (_, _, _, _, _) => caller },
    });

    public static async Task<ChannelClient> OpenAsync(HttpMessageInvoker connections, TestNode node, string pathAndQuery, string protocol = "v5.channel.k8s.io", bool reads = true) =>
        new(await ConnectAsync(connections, node, pathAndQuery, protocol), reads);

    /// <summary>Opens a WebSocket to a node.</summary>
    public static async Task<ClientWebSocket> ConnectAsync(HttpMessageInvoker connections, TestNode node, string pathAndQuery, string protocol)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol(protocol);
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{node.Agent.Port}{pathAndQuery}"), connections, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>What has come over a channel.</summary>
    public string Text(int channel)
    {
        var text = _received.GetOrAdd(channel, _ => new StringBuilder());
        lock (text)
            return text.ToString();
    }

    public Task SeesAsync(int channel, string expected) =>
        Eventually.HoldsAsync(() => Text(channel).Contains(expected, StringComparison.Ordinal), $"channel {channel} says \"{expected}\"");

    public Task SendAsync(byte channel, string content) => SendAsync([channel, .. Encoding.UTF8.GetBytes(content)]);

    public Task SendAsync(byte[] message) =>
        _socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, TestContext.Current.CancellationToken);

    /// <summary>Ends the input.</summary>
    public Task EndInputAsync() => SendAsync([255, 0]);

    /// <summary>Waits until the node has closed.</summary>
    public Task EndedAsync() => _receiving.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

    /// <summary>Goes without a word.</summary>
    public void Abort() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _receiving;
        _socket.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                    break;
                length += part.Count;
                if (!part.EndOfMessage)
                    continue;
                var text = _received.GetOrAdd(buffer[0], _ => new StringBuilder());
                lock (text)
                    text.Append(Encoding.UTF8.GetString(buffer, 1, length - 1));
                length = 0;
            }

            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception gone) when (gone is WebSocketException or IOException or OperationCanceledException)
        {
            // The node, or this caller, has gone.
        }
    }
}
