using System.ComponentModel;
using System.Net;

namespace OrleansOrchestrator.Gateway.Options;

/// <summary>The operator's options of the gateway.</summary>
public sealed record GatewayOptions
{
    /// <summary>The address to listen on.</summary>
    public IPAddress ListenAddress { get; init; } = IPAddress.IPv6Any;

    /// <summary>The port to listen on; 0 for any free one.</summary>
    public int Port { get; init; } = 6443;

    /// <summary>Additional names and addresses under which clients reach the gateway. Its certificate contains them.</summary>
    public IReadOnlyList<string> AdvertisedHosts { get; init; } = [];

    /// <summary>The address of the <c>kubernetes</c> service inside pods; null if there is none.</summary>
    public IPAddress? ServiceAddress { get; init; }

    /// <summary>Whether requests without credentials may reach the health and version paths.</summary>
    public bool AllowAnonymous { get; init; } = true;

    /// <summary>The largest request body in bytes.</summary>
    public int RequestBodyBytesMax { get; init; } = 3 * 1024 * 1024;

    /// <summary>How long a client may go on sending an unneeded body after the answer, in seconds.</summary>
    public int UnreadBodySecondsMax { get; init; } = 2;

    /// <summary>The longest duration of a request that is not long-running, in seconds.</summary>
    public int RequestSecondsMax { get; init; } = 60;

    /// <summary>The longest duration of a TLS handshake, and of sending a request's headers, in seconds. After a restart thousands of
    /// clients reconnect at once, and handshakes take as long as the processors need.</summary>
    public int RequestHeadersSecondsMax { get; init; } = 30;

    /// <summary>The most bytes of a request's first line, and of its headers. As in Kubernetes, selectors may be long.</summary>
    public int RequestHeadersBytesMax { get; init; } = 1024 * 1024;

    /// <summary>The most reads of one user in flight; more get a 429.</summary>
    public int ReadsInFlightPerUserMax { get; init; } = 4096;

    /// <summary>The most writes of one user in flight; more get a 429.</summary>
    public int WritesInFlightPerUserMax { get; init; } = 2048;

    /// <summary>The most open watches, logs and sessions in containers of one user; more get a 429.</summary>
    public int StreamsPerUserMax { get; init; } = 100_000;

    /// <summary>A list with more objects than this is large, and waits for a seat before it is encoded.</summary>
    public int LargeListObjects { get; init; } = 500;

    /// <summary>A list with more bytes than this is large, whatever the number of its objects.</summary>
    public int LargeListBytes { get; init; } = 1024 * 1024;

    /// <summary>The most large lists encoded at once, over all users.</summary>
    [DefaultValue("half of the processors")]
    public int LargeListSeats { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>The most large lists of one user in progress, waiting ones included; more get a 429.</summary>
    public int LargeListsPerUserMax { get; init; } = 128;

    /// <summary>The <c>Retry-After</c> of a 429, in seconds.</summary>
    public int RetryAfterSeconds { get; init; } = 1;

    /// <summary>The least duration of a watch whose client names none, in seconds; the longest is twice that.</summary>
    public int WatchSecondsMin { get; init; } = 1800;

    /// <summary>The longest duration of a watch that a client can ask for, in seconds.</summary>
    public int WatchSecondsMax { get; init; } = 24 * 3600;

    /// <summary>The most concurrent requests on an HTTP/2 connection.</summary>
    public int Http2StreamsPerConnectionMax { get; init; } = 250;

    /// <summary>The most open connections.</summary>
    public int ConnectionsMax { get; init; } = 100_000;

    /// <summary>How long the gateway waits for a node daemon to accept a connection, in seconds.</summary>
    public int NodeConnectSecondsMax { get; init; } = 10;

    /// <summary>How long a node daemon may take to start an answer or to open a stream, in seconds.</summary>
    public int NodeHandshakeSecondsMax { get; init; } = 30;

    /// <summary>How long an unused connection to a node daemon is kept, in seconds.</summary>
    public int NodeIdleSecondsMax { get; init; } = 120;

    /// <summary>The silence after which a node daemon is pinged, and the time for its answer, in seconds.</summary>
    public int NodePingSeconds { get; init; } = 15;

    /// <summary>The most unused tunnels of one node at this gateway; more get a 429.</summary>
    public int NodeTunnelsIdleMax { get; init; } = 16;

    /// <summary>The silence after which a client with a stream into a container is pinged, in seconds, so that a dead client is
    /// noticed.</summary>
    public int StreamPingSeconds { get; init; } = 15;
}
