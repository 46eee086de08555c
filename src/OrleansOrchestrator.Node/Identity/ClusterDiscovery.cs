using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.KubeConfigModels;
using k8s.Models;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Identity;

/// <summary>
/// Learns by which authority a cluster is known, from a server that cannot be trusted yet. It is believed only if the token has signed it,
/// and if its key has the hash that the administrator passed on.
/// </summary>
/// <remarks>As kubeadm join, https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/#token-based-discovery-with-ca-pinning.</remarks>
internal static class ClusterDiscovery
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    // The config map has a kubeconfig and a signature for each token.
    private const int AnswerBytesMax = 1024 * 1024;

    /// <summary>Asks a server for its cluster's authorities, and for proof.</summary>
    /// <param name="server">The address of the API.</param>
    /// <param name="token">The token.</param>
    /// <param name="pins">The hashes of which the key of the authority must have one; empty if the token alone is believed.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The authorities as PEM.</returns>
    /// <exception cref="JoinException">There is no proof.</exception>
    /// <exception cref="ApiUnavailableException">The server does not answer.</exception>
    public static async Task<string> FindAuthoritiesAsync(
        Uri server, BootstrapToken token, IReadOnlyCollection<string> pins, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var data = await ReadAsync(server, timeProvider, cancellationToken);
        if (!data.TryGetValue(ClusterInfo.KubeConfigKey, out var kubeConfig))
        {
            throw new JoinException($"{server} says nothing of its cluster's authority: there is no {ClusterInfo.KubeConfigKey} in {ClusterInfo.Namespace}/{ClusterInfo.Name}")
            {
                MayPass = true,
            };
        }

        if (!data.TryGetValue(ClusterInfo.SignaturePrefix + token.Id, out var signature))
        {
            throw new JoinException(
                $"the token \"{token.Id}\" has not signed what {server} says of its cluster: it may be unknown there, ended or revoked, or lack the usage \"{BootstrapToken.Signing}\"")
            {
                MayPass = true,
            };
        }

        if (!ClusterInfo.IsSignedBy(kubeConfig, signature, token))
            throw new JoinException($"what {server} says of its cluster is not signed by the token \"{token.Id}\": it is another cluster, or forged");
        return Pinned(AuthoritiesOf(kubeConfig, server), pins, server);
    }

    private static string Pinned(string authorities, IReadOnlyCollection<string> pins, Uri server)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(authorities);
        }
        catch (CryptographicException unreadable)
        {
            throw new JoinException($"the certificate of the authority of {server} cannot be read: {unreadable.Message}");
        }

        // Only what was pinned is trusted: others beside it could be anybody's.
        var trusted = found.Where(authority => pins.Count == 0 || pins.Contains(ClusterInfo.PinOf(authority), StringComparer.OrdinalIgnoreCase)).ToList();
        return trusted.Count > 0
            ? string.Join('\n', trusted.Select(authority => authority.ExportCertificatePem()))
            : throw new JoinException($"the authority of {server} is not the pinned one: its key has the hash {string.Join(", ", found.Select(ClusterInfo.PinOf))}");
    }

    private static string AuthoritiesOf(string kubeConfig, Uri server)
    {
        try
        {
            var cluster = KubernetesYaml.Deserialize<K8SConfiguration>(kubeConfig).Clusters.Single().ClusterEndpoint;
            return Encoding.UTF8.GetString(Convert.FromBase64String(cluster.CertificateAuthorityData));
        }
        catch (Exception malformed) when (malformed is not OutOfMemoryException)
        {
            // Whatever exception the library throws, the text is its cause.
            throw new JoinException($"what {server} says of its cluster cannot be read: {malformed.Message}");
        }
    }

    private static async Task<IDictionary<string, string>> ReadAsync(Uri server, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            // Nothing is told to the server, and what it says is proved by its signature.
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            AllowAutoRedirect = false,
            UseProxy = false,
        };
        using var client = new HttpClient(handler) { MaxResponseContentBufferSize = AnswerBytesMax, Timeout = Timeout.InfiniteTimeSpan };
        using var limit = new CancellationTokenSource(AnswerTime, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await client.GetAsync(new Uri(server, "/" + ResourcePath.ClusterInfo), either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new ApiUnavailableException(new HttpRequestException($"{server} answered {(int)response.StatusCode} to a question for {ClusterInfo.Namespace}/{ClusterInfo.Name}"));
            return KubernetesJson.Deserialize<V1ConfigMap>(await response.Content.ReadAsStringAsync(either.Token)).Data ?? new Dictionary<string, string>();
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested
            && failure is HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            throw new ApiUnavailableException(failure);
        }
    }
}
