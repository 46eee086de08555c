using System.ComponentModel;
using System.Net;

namespace OrleansOrchestrator.Gateway.Options;

/// <summary>What an operator decides about the gateway.</summary>
public sealed record GatewayOptions
{
    /// <summary>The address it listens on.</summary>
    public IPAddress ListenAddress { get; init; } = IPAddress.IPv6Any;

    /// <summary>The port it listens on; 0 for any free one.</summary>
    public int Port { get; init; } = 6443;

    /// <summary>Names and addresses, besides the usual ones, under which clients reach it; its certificate is valid for them.</summary>
    public IReadOnlyList<string> AdvertisedHosts { get; init; } = [];

    /// <summary>The address of the <c>kubernetes</c> service inside pods; null if there is none.</summary>
    public IPAddress? ServiceAddress { get; init; }

    /// <summary>Whether requests without credentials may reach the health and version paths.</summary>
    public bool AllowAnonymous { get; init; } = true;

    /// <summary>The largest request body in bytes.</summary>
    public int RequestBodyBytesMax { get; init; } = 3 * 1024 * 1024;

    /// <summary>How long a client that has been answered may go on sending a body that nobody needs, in seconds.</summary>
    public int UnreadBodySecondsMax { get; init; } = 2;

    /// <summary>How long a request may take that does not last as long as its client wants, in seconds.</summary>
    public int RequestSecondsMax { get; init; } = 60;

    /// <summary>How long a client may take for the handshake of a connection, and to send the headers of a request, in seconds. After
    /// a restart thousands of clients come back at once, and shake hands for as long as the processors take.</summary>
    public int RequestHeadersSecondsMax { get; init; } = 30;

    /// <summary>The most bytes of a request's first line, and of its headers, each. As in Kubernetes, selectors may be long.</summary>
    public int RequestHeadersBytesMax { get; init; } = 1024 * 1024;

    /// <summary>How many reads of one user may be in flight; more are answered with 429.</summary>
    public int ReadsInFlightPerUserMax { get; init; } = 4096;

    /// <summary>How many writes of one user may be in flight; more are answered with 429.</summary>
    public int WritesInFlightPerUserMax { get; init; } = 2048;

    /// <summary>How many watches, logs and sessions in containers of one user may be open; more are answered with 429.</summary>
    public int StreamsPerUserMax { get; init; } = 100_000;

    /// <summary>A list of more objects than this is large, and waits for a seat before it is encoded.</summary>
    public int LargeListObjects { get; init; } = 500;

    /// <summary>A list of more bytes than this is large, however few its objects are.</summary>
    public int LargeListBytes { get; init; } = 1024 * 1024;

    /// <summary>How many large lists are encoded at once, of all users together.</summary>
    [DefaultValue("half of the processors")]
    public int LargeListSeats { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How many large lists of one user may be in progress, waiting ones included; more are answered with 429.</summary>
    public int LargeListsPerUserMax { get; init; } = 128;

    /// <summary>What the client is told to wait after a 429, in seconds.</summary>
    public int RetryAfterSeconds { get; init; } = 1;

    /// <summary>The shortest time that a watch lasts whose client names none, in seconds; the longest is twice that.</summary>
    public int WatchSecondsMin { get; init; } = 1800;

    /// <summary>The longest time that a client can ask a watch to last, in seconds.</summary>
    public int WatchSecondsMax { get; init; } = 24 * 3600;

    /// <summary>How many requests an HTTP/2 connection carries at once.</summary>
    public int Http2StreamsPerConnectionMax { get; init; } = 250;

    /// <summary>How many connections are open at once.</summary>
    public int ConnectionsMax { get; init; } = 100_000;

    /// <summary>How long the gateway waits for a node daemon to accept a connection, in seconds.</summary>
    public int NodeConnectSecondsMax { get; init; } = 10;

    /// <summary>How long a node daemon may take to begin with an answer or to open a stream, in seconds.</summary>
    public int NodeHandshakeSecondsMax { get; init; } = 30;

    /// <summary>How long a connection to a node daemon is kept that nobody uses, in seconds.</summary>
    public int NodeIdleSecondsMax { get; init; } = 120;

    /// <summary>After how much silence a node daemon is asked whether it is there, and how long it may take to say so, in seconds.</summary>
    public int NodePingSeconds { get; init; } = 15;

    /// <summary>How many tunnels of one node that nobody uses may end at this gateway; more are answered with 429.</summary>
    public int NodeTunnelsIdleMax { get; init; } = 16;

    /// <summary>After how much silence a client that has a stream into a container is written to, so that it shows if it has gone, in
    /// seconds.</summary>
    public int StreamPingSeconds { get; init; } = 15;
}
