using System.Net;
using System.Net.NetworkInformation;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Tells clients outside the cluster from its pods and from this machine, for <c>externalTrafficPolicy: Local</c> in user space. The
/// kernel's table has the same rule. Safe for concurrent use.
/// </summary>
/// <param name="podRanges">The ranges of pods' addresses; empty if they are not known, so that nobody can be told from a pod.</param>
/// <param name="time">The clock.</param>
/// <param name="readOwn">Reads the addresses of this machine; other than by itself only in tests.</param>
internal sealed class OutsideClients(IReadOnlyList<IPNetwork> podRanges, TimeProvider time, Func<IEnumerable<IPAddress>>? readOwn = null)
{
    // To list a machine's addresses takes a millisecond, and more with many interfaces.
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private readonly Func<IEnumerable<IPAddress>> _readOwn = readOwn ?? ReadOwn;
    private readonly Lock _gate = new();
    private HashSet<IPAddress> _own = [];
    private long? _readAt;

    /// <summary>Whether a client is outside the cluster.</summary>
    public bool Contains(IPAddress client)
    {
        if (podRanges.Count == 0 || IPAddress.IsLoopback(client) || podRanges.Any(range => range.Contains(client)))
            return false;
        lock (_gate)
        {
            if (_readAt is not { } read || time.GetElapsedTime(read) > Freshness)
                (_own, _readAt) = (_readOwn().ToHashSet(), time.GetTimestamp());
            return !_own.Contains(client);
        }
    }

    /// <summary>The addresses of this machine's interfaces.</summary>
    public static IEnumerable<IPAddress> ReadOwn() =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(one => one.Address);
}
