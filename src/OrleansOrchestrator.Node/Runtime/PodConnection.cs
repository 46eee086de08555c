using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Opens TCP connections to the ports of a pod.</summary>
internal static class PodConnection
{
    // A pod is on this machine: what does not answer by then is not there.
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(5);

    /// <summary>Connects to the first address that answers.</summary>
    /// <param name="where">What the addresses belong to, for errors.</param>
    /// <param name="port">The port.</param>
    /// <param name="addresses">The addresses.</param>
    /// <param name="create">Creates a socket; it determines the network.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RuntimeException">None answers.</exception>
    public static async Task<Socket> OpenAsync(
        string where, int port, IEnumerable<IPAddress> addresses, Func<AddressFamily, Task<Socket>> create, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        foreach (var address in addresses)
        {
            var family = address.AddressFamily == AddressFamily.InterNetwork ? 4 : 6;
            try
            {
                return await ConnectAsync(await create(address.AddressFamily), new IPEndPoint(address, port), cancellationToken);
            }
            catch (SocketException refused)
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"IPv{family}: dial tcp{family} {new IPEndPoint(address, port)}: {ReasonOf(refused)}"));
            }
        }

        throw new RuntimeException(
            RuntimeException.Unavailable, string.Create(CultureInfo.InvariantCulture, $"failed to connect to localhost:{port} {where}, {string.Join(' ', faults)}"));
    }

    /// <summary>Connects to a pod's own address; to this machine's if the pod is in its network.</summary>
    /// <param name="address">The pod's address; null or empty in the machine's network.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RuntimeException">Nobody answers there.</exception>
    public static Task<Socket> OpenAsync(string? address, int port, CancellationToken cancellationToken) =>
        OpenAsync("of the pod", port, [AddressSyntax.TryParse(address ?? "", out var own) ? own : IPAddress.Loopback], CreateSocketAsync, cancellationToken);

    private static Task<Socket> CreateSocketAsync(AddressFamily family) => Task.FromResult(new Socket(family, SocketType.Stream, ProtocolType.Tcp));

    private static async Task<Socket> ConnectAsync(Socket socket, IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            socket.NoDelay = true;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(ConnectTime);
            await socket.ConnectAsync(endpoint, limit.Token);
            return socket;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string ReasonOf(SocketException refused) => refused.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.TimedOut => "i/o timeout",
        _ => $"connect: {char.ToLowerInvariant(refused.Message[0])}{refused.Message[1..]}",
    };
}
