using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>Connects to daemons through tunnels that end here, or through the gateway at which the node's tunnels end.</summary>
/// <param name="tunnels">The tunnels that end here.</param>
/// <param name="identity">The cluster's identity, by which gateways authenticate each other.</param>
/// <param name="options">The address of this gateway; null if it is the only one.</param>
internal sealed class TunnelDialer(NodeTunnels tunnels, ClusterIdentity identity, ControlPlaneOptions? options = null)
{
    /// <summary>The address of this gateway for others; null if none is configured.</summary>
    public Uri? Own { get; } = options?.ApiEndpoint is { } own ? new UriBuilder(Uri.UriSchemeHttps, own.Address, own.Port).Uri : null;

    /// <summary>Connects to a node's daemon.</summary>
    /// <param name="node">The node.</param>
    /// <param name="gateway">The gateway at which the node's tunnels end, by its node object.</param>
    /// <param name="certificate">The certificate of this gateway.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Stream> ConnectAsync(string node, Uri gateway, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        // The node may have connected here a moment ago. If it has not, it reconnects soon.
        if (tunnels.Has(node) || Own is null || gateway == Own)
            return await tunnels.TakeAsync(node, cancellationToken);

        var socket = new ClientWebSocket();
        try
        {
            socket.Options.ClientCertificates = [certificate];
            socket.Options.RemoteCertificateValidationCallback = IsGateway;
            var path = $"/api/v1/nodes/{Uri.EscapeDataString(node)}/{NodeTunnel.Subresource}{NodeTunnel.DialPath}";
            await socket.ConnectAsync(new UriBuilder(new Uri(gateway, path)) { Scheme = Uri.UriSchemeWss }.Uri, cancellationToken);
            return new TunnelStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool IsGateway(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 presented || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return false;
        using var authority = X509Certificate2.CreateFromPem(identity.Authority.CertificatePem);
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.Add(authority);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return own.Build(presented);
    }
}
