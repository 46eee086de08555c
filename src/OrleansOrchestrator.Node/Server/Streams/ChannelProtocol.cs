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

/// <summary>A version of Kubernetes' channel protocol over a WebSocket.</summary>
/// <param name="Name">The WebSocket's subprotocol; empty for a client that names none.</param>
/// <param name="IsBase64">Whether messages are text: a digit for the channel, and base64.</param>
/// <param name="ReportsStatus">Whether the error channel carries a status, also for success.</param>
/// <param name="Closes">Whether a channel can be ended.</param>
/// <remarks>See k8s.io/apimachinery/pkg/util/remotecommand/constants.go and k8s.io/kubelet/pkg/cri/streaming/remotecommand/websocket.go.</remarks>
internal sealed record ChannelProtocol(string Name, bool IsBase64, bool ReportsStatus, bool Closes)
{
    /// <summary>All supported versions.</summary>
    public static IReadOnlyList<ChannelProtocol> All { get; } =
    [
        new("v5.channel.k8s.io", IsBase64: false, ReportsStatus: true, Closes: true),
        new("v4.channel.k8s.io", IsBase64: false, ReportsStatus: true, Closes: false),
        new("v4.base64.channel.k8s.io", IsBase64: true, ReportsStatus: true, Closes: false),
        new("channel.k8s.io", IsBase64: false, ReportsStatus: false, Closes: false),
        new("base64.channel.k8s.io", IsBase64: true, ReportsStatus: false, Closes: false),
        new("", IsBase64: false, ReportsStatus: false, Closes: false),
    ];

    /// <summary>The first supported protocol of a client; null if there is none.</summary>
    public static ChannelProtocol? Choose(IList<string> asked) =>
        asked.Count == 0 ? All[^1] : asked.Select(name => All.FirstOrDefault(known => known.Name == name && name.Length > 0)).FirstOrDefault(known => known is not null);
}
