using System.Collections.Concurrent;
using System.Net;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>The servers for names outside the cluster: the operator's, or those of the machine's resolver.</summary>
/// <remarks>The machine may itself ask this server, so that the server's own address is left out: it would ask itself.</remarks>
/// <param name="options">The operator's choice.</param>
/// <param name="readHost">Reads a file of the machine; null if it has none.</param>
/// <param name="time">The clock.</param>
internal sealed class UpstreamServers(NodeAgentOptions options, Func<string, string?> readHost, TimeProvider time)
{
    // As the C library: more are not asked.
    private const int ServersMax = 3;

    // How soon a change of the machine's file counts, and for how long a server that failed is the last to be asked.
    private static readonly TimeSpan ReadPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AvoidTime = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<IPEndPoint, long> _failed = new();
    private volatile Known? _known;

    /// <summary>The address of this server; null while it has none.</summary>
    public IPAddress? Own { get; set; }

    /// <summary>The servers in the order in which they should be asked.</summary>
    public IReadOnlyList<IPEndPoint> InOrder() =>
        [.. Read().Where(server => !server.Address.Equals(Own)).OrderBy(IsAvoided).Take(ServersMax)];

    /// <summary>A server did not answer.</summary>
    public void Failed(IPEndPoint server) => _failed[server] = time.GetTimestamp();

    /// <summary>A server has answered.</summary>
    public void Answered(IPEndPoint server) => _failed.TryRemove(server, out _);

    private bool IsAvoided(IPEndPoint server) => _failed.TryGetValue(server, out var since) && time.GetElapsedTime(since) < AvoidTime;

    private IReadOnlyList<IPEndPoint> Read()
    {
        if (_known is { } known && time.GetElapsedTime(known.Since) < ReadPeriod)
            return known.Servers;
        var texts = options.DnsUpstreams.Count > 0 ? options.DnsUpstreams : ResolverFile.ServersOfHost(options, readHost);
        IReadOnlyList<IPEndPoint> servers = [.. texts.Select(DnsServerAddress.Parse).OfType<IPEndPoint>().Distinct()];
        foreach (var gone in _failed.Keys.Except(servers))
            _failed.TryRemove(gone, out _);
        _known = new Known(servers, time.GetTimestamp());
        return servers;
    }

    private sealed record Known(IReadOnlyList<IPEndPoint> Servers, long Since);
}
