using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>The channels of a session's WebSocket. The first byte of each message is its channel.</summary>
internal enum Channel : byte
{
    Stdin = 0,
    Stdout = 1,
    Stderr = 2,

    /// <summary>The result: a <c>metav1.Status</c> as JSON, or in old protocols an error text.</summary>
    Error = 3,

    /// <summary>The size of the terminal as JSON.</summary>
    Resize = 4,

    /// <summary>The end of the channel named by the next byte; since v5.</summary>
    Close = 255,
}

/// <summary>A version of Kubernetes' channel protocol, over a WebSocket or over SPDY.</summary>
/// <param name="Name">The WebSocket's subprotocol; empty for a client that names none.</param>
/// <param name="IsBase64">Whether messages are text: a digit for the channel, and base64.</param>
/// <param name="ReportsStatus">Whether the error channel carries a status, also for success.</param>
/// <param name="Resizes">Whether a terminal can change its size.</param>
/// <remarks>See k8s.io/apimachinery/pkg/util/remotecommand/constants.go and k8s.io/kubelet/pkg/cri/streaming/remotecommand.</remarks>
internal sealed record ChannelProtocol(string Name, bool IsBase64, bool ReportsStatus, bool Resizes = true)
{
    private static readonly ChannelProtocol[] OverWebSocket =
    [
        new("v5.channel.k8s.io", IsBase64: false, ReportsStatus: true),
        new("v4.channel.k8s.io", IsBase64: false, ReportsStatus: true),
        new("v4.base64.channel.k8s.io", IsBase64: true, ReportsStatus: true),
        new("channel.k8s.io", IsBase64: false, ReportsStatus: false),
        new("base64.channel.k8s.io", IsBase64: true, ReportsStatus: false),
        new("", IsBase64: false, ReportsStatus: false),
    ];

    // Here a channel is a stream of its own.
    private static readonly ChannelProtocol[] OverSpdy =
    [
        new(SpdyTunnel.Prefix + "v5.channel.k8s.io", IsBase64: false, ReportsStatus: true),
        new(SpdyTunnel.Prefix + "v4.channel.k8s.io", IsBase64: false, ReportsStatus: true),
        new(SpdyTunnel.Prefix + "v3.channel.k8s.io", IsBase64: false, ReportsStatus: false),
        new(SpdyTunnel.Prefix + "v2.channel.k8s.io", IsBase64: false, ReportsStatus: false, Resizes: false),
        new(SpdyTunnel.Prefix + "channel.k8s.io", IsBase64: false, ReportsStatus: false, Resizes: false),
        new(SpdyTunnel.Unnamed, IsBase64: false, ReportsStatus: false, Resizes: false),
    ];

    /// <summary>Whether the messages of the WebSocket are the bytes of a SPDY connection.</summary>
    public bool IsSpdy => SpdyTunnel.IsOne(Name);

    /// <summary>The first supported protocol of a client; null if there is none.</summary>
    public static ChannelProtocol? Choose(IList<string> asked) => asked.All(name => name.Length == 0) ? OverWebSocket[^1]
        : asked.Where(name => name.Length > 0).Select(Find).FirstOrDefault(known => known is not null);

    private static ChannelProtocol? Find(string name) => OverWebSocket.Concat(OverSpdy).FirstOrDefault(known => known.Name == name);
}
