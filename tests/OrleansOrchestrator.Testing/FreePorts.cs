using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Testing;

/// <summary>Finds free TCP ports of 127.0.0.1.</summary>
public static class FreePorts
{
    /// <summary>Finds one port.</summary>
    public static int Next() => Take(1)[0];

    /// <summary>Finds several different ports.</summary>
    public static IReadOnlyList<int> Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.ConvertAll(listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
