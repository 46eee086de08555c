using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Node.Linux;

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
    public void Keep(int port)
    {
        try
        {
            new StateFile(file).Write(port.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // The disk may be full. The node listens all the same; peers learn another port when it is restarted.
        }
    }
}
