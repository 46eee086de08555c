using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Gateway.Options;

namespace OrleansOrchestrator.Gateway.Identity;

/// <summary>The serving certificate of this silo's gateway. It is made at the start and renewed long before it expires, so that a silo
/// may run for years.</summary>
internal sealed class ServingCertificate(ClusterIdentity identity, GatewayOptions options, TimeProvider time) : IDisposable
{
    // A year, as kubeadm's serving certificates.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);
    // A quarter of the lifetime: long before clients with a wrong clock would refuse it.
    private static readonly TimeSpan RenewalBeforeEnd = TimeSpan.FromDays(90);
    private readonly Lock _lock = new();
    private X509Certificate2? _certificate;
    private SslStreamCertificateContext? _context;
    private DateTimeOffset _renewal;

    /// <summary>The certificate for TLS handshakes: the same instance while it is valid, so that TLS sessions can be resumed.</summary>
    public SslStreamCertificateContext Context
    {
        get
        {
            lock (_lock)
            {
                var now = time.GetUtcNow();
                if (_context is null || now >= _renewal)
                    Renew(now);
                return _context!;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate?.Dispose();

    private void Renew(DateTimeOffset now)
    {
        // The previous certificate is not disposed, because handshakes may still use it.
        _certificate = identity.Authority.IssueServerCertificate("kube-apiserver", Hosts(), now, Lifetime);
        _context = SslStreamCertificateContext.Create(_certificate, additionalCertificates: null, offline: true);
        _renewal = now + Lifetime - RenewalBeforeEnd;
    }

    private IEnumerable<string> Hosts()
    {
        string[] usual =
        [
            "localhost", "127.0.0.1", "::1", Dns.GetHostName(), "kubernetes", "kubernetes.default", "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ];
        foreach (var host in usual)
            yield return host;
        foreach (var host in options.AdvertisedHosts)
            yield return host;
        if (options.ServiceAddress is { } service)
            yield return service.ToString();
        if (!options.ListenAddress.Equals(IPAddress.Any) && !options.ListenAddress.Equals(IPAddress.IPv6Any))
            yield return options.ListenAddress.ToString();
        else if (OwnAddress() is { } own)
            yield return own;
    }

    // A silo that listens on all addresses is most likely reached under the source address of its own connections. Connecting a
    // datagram socket reveals that address without sending anything.
    private static string? OwnAddress()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(new IPEndPoint(new IPAddress([192, 0, 2, 1]), 9));
            return (socket.LocalEndPoint as IPEndPoint)?.Address.ToString();
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
