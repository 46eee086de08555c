using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Remembers on which port the node's server listened, so that a daemon that starts again is found where it was.</summary>
internal sealed class ServerPort(string file)
{
    /// <summary>The port of last time; 0 if there was none or somebody else has it by now.</summary>
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

    /// <summary>Keeps the port for the next time.</summary>
    public void Keep(int port) => File.WriteAllText(file, port.ToString(CultureInfo.InvariantCulture));
}
