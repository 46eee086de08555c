using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Testing;

/// <summary>Finds free TCP ports of 127.0.0.1, for servers that start later, or more than once.</summary>
/// <remarks>
/// They are below those that a system gives to connections and to listeners without a port of their own: such a port may be another
/// program's by the time at which its server starts.
/// </remarks>
public static class FreePorts
{
    private const int Lowest = 10_000;
    private const int Highest = 21_999;

    private static readonly ConcurrentDictionary<int, bool> Taken = [];

    /// <summary>Finds one port. It is not found again.</summary>
    public static int Next()
    {
        while (true)
        {
            // At random, because other processes look too.
            var port = Random.Shared.Next(Lowest, Highest + 1);
            if (Taken.TryAdd(port, true) && IsFree(port))
                return port;
        }
    }

    /// <summary>Finds several different ports.</summary>
    public static IReadOnlyList<int> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    private static bool IsFree(int port)
    {
        using var probe = new TcpListener(IPAddress.Loopback, port);
        try
        {
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
