namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>The streams that share the WebSocket of a session. The first byte of each message says which one it belongs to.</summary>
internal enum Channel : byte
{
    Stdin = 0,
    Stdout = 1,
    Stderr = 2,

    /// <summary>How it ended: a <c>metav1.Status</c> as JSON, or in old protocols the text of an error.</summary>
    Error = 3,

    /// <summary>The size of the terminal as JSON.</summary>
    Resize = 4,

    /// <summary>That the channel named by the next byte ends; since v5.</summary>
    Close = 255,
}

/// <summary>A version of Kubernetes' protocol of channels over a WebSocket.</summary>
/// <param name="Name">The WebSocket's subprotocol; empty for a client that names none.</param>
/// <param name="IsBase64">Whether messages are text: a digit for the channel, and base64.</param>
/// <param name="ReportsStatus">Whether the error channel carries a status, also of success.</param>
/// <param name="Closes">Whether a channel can be ended.</param>
/// <remarks>See k8s.io/apimachinery/pkg/util/remotecommand/constants.go and k8s.io/kubelet/pkg/cri/streaming/remotecommand/websocket.go.</remarks>
internal sealed record ChannelProtocol(string Name, bool IsBase64, bool ReportsStatus, bool Closes)
{
    /// <summary>All versions that are spoken.</summary>
    public static IReadOnlyList<ChannelProtocol> All { get; } =
    [
        new("v5.channel.k8s.io", IsBase64: false, ReportsStatus: true, Closes: true),
        new("v4.channel.k8s.io", IsBase64: false, ReportsStatus: true, Closes: false),
        new("v4.base64.channel.k8s.io", IsBase64: true, ReportsStatus: true, Closes: false),
        new("channel.k8s.io", IsBase64: false, ReportsStatus: false, Closes: false),
        new("base64.channel.k8s.io", IsBase64: true, ReportsStatus: false, Closes: false),
        new("", IsBase64: false, ReportsStatus: false, Closes: false),
    ];

    /// <summary>The first of a client's protocols that is spoken; null if none is.</summary>
    public static ChannelProtocol? Choose(IList<string> asked) =>
        asked.Count == 0 ? All[^1] : asked.Select(name => All.FirstOrDefault(known => known.Name == name && name.Length > 0)).FirstOrDefault(known => known is not null);
}
