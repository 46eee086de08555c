using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Leases;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Asks peers over HTTPS, and those in the same process directly. Connections last for one outage.</summary>
/// <param name="local">The votes of the nodes in this process, by voter.</param>
/// <param name="patience">How long a peer may take to answer.</param>
/// <param name="certificate">The node's certificate as a voter; null for one without a server, which only nodes in its process know.</param>
internal sealed class PeerContacts(ConcurrentDictionary<string, NodeVote> local, TimeSpan patience, X509Certificate2? certificate) : IPeers, IDisposable
{
    /// <summary>The path of the question at a node's server.</summary>
    public const string Path = "/fencing/vote";

    private readonly ConcurrentDictionary<FencingMember, HttpClient> _clients = new();

    /// <inheritdoc/>
    public async Task<bool> AskAsync(FencingMember peer, CancellationToken cancellationToken)
    {
        if (local.TryGetValue(peer.Voter, out var vote))
            return vote.TryLend();
        if (certificate is null || peer.Port == 0 || !AddressSyntax.TryParse(peer.Address, out var address))
            return false;
        var client = _clients.GetOrAdd(peer, Connect);
        var url = new UriBuilder(Uri.UriSchemeHttps, address.ToString(), peer.Port, Path).Uri;
        try
        {
            using var question = new HttpRequestMessage(HttpMethod.Post, url) { Headers = { Host = VoterCertificate.ServerName } };
            using var response = await client.SendAsync(question, cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Rest()
    {
        foreach (var peer in _clients.Keys)
        {
            if (_clients.TryRemove(peer, out var client))
                client.Dispose();
        }
    }

    public void Dispose() => Rest();

    private HttpClient Connect(FencingMember peer) => new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(1),
        MaxConnectionsPerServer = 1,
        SslOptions = new SslClientAuthenticationOptions
        {
            // Both sides pin: the view names the accepted certificate, whoever signed it.
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate!, null, offline: true),
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 other && SelfSigned.HashOf(other) == peer.Voter,
        },
    })
    {
        Timeout = patience,
    };
}
