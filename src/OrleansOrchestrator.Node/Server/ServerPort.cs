using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Remembers the port of the node's server, so that a restarted daemon is found at the same port.</summary>
internal sealed class ServerPort(string file)
{
    /// <summary>The last port; 0 if there is none or another program uses it.</summary>
    public int FindLast(IPAddress address)
    {
        if (!File.Exists(file) || !int.TryParse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return 0;
        using var probe = new TcpListener(address, port);
        try
        {
            probe.Start();
            return port;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Stores the port for the next start.</summary>
    public void Keep(int port) => File.WriteAllText(file, port.ToString(CultureInfo.InvariantCulture));
}
