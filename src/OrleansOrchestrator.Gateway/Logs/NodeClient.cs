using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Logs;

/// <summary>
/// Calls node daemons over mutual TLS. A daemon's certificate is its own; it is trusted since the node object, which only that
/// node may write, tells its fingerprint. Each call has a connection of its own: calls are few and long, and a connection that
/// is never shared cannot outlive the fingerprint it was checked against.
/// </summary>
internal sealed class NodeClient(ClusterIdentity identity, GatewayOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RenewalBeforeEnd = TimeSpan.FromDays(90);
    private readonly Lock _lock = new();
    private X509Certificate2? _certificate;

    /// <summary>Sends a GET and returns once the response's headers are there.</summary>
    /// <exception cref="ApiException">503: the daemon cannot be reached, or is not who the node object says.</exception>
    public async Task<NodeResponse> GetAsync(NodeEndpoint node, string pathAndQuery, CancellationToken cancellationToken)
    {
        var client = new HttpMessageInvoker(CreateHandler(node));
        try
        {
            var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Address, pathAndQuery));
            return new NodeResponse(client, await client.SendAsync(request, cancellationToken));
        }
        catch (HttpRequestException unreachable)
        {
            client.Dispose();
            throw ApiErrors.ServiceUnavailable(
                $"the daemon of node \"{node.Node}\" at {node.Address.Authority} cannot be reached: {unreachable.Message}");
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate?.Dispose();

    private SocketsHttpHandler CreateHandler(NodeEndpoint node) => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(options.NodeConnectSecondsMax),
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = [Certificate()],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => IsPinned(certificate, node.CertificateSha256),
        },
    };

    private static bool IsPinned(X509Certificate? certificate, string fingerprint) =>
        certificate is not null
        && Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData())) == fingerprint;

    private X509Certificate2 Certificate()
    {
        lock (_lock)
        {
            // A certificate that is replaced is left to the calls that still use it.
            if (_certificate is null || time.GetUtcNow() > new DateTimeOffset(_certificate.NotAfter) - RenewalBeforeEnd)
                _certificate = identity.IssueGatewayCertificate();
            return _certificate;
        }
    }
}
