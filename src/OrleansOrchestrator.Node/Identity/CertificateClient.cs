using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Kinds.Certificates;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Identity;

/// <summary>Asks the cluster for a client certificate of the node, and waits until it is signed.</summary>
/// <param name="api">The cluster.</param>
/// <param name="nodeName">The node.</param>
/// <param name="lifetime">How long the certificate is to live; null leaves it to the signer.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Logs.</param>
internal sealed partial class CertificateClient(ClusterConnection api, string nodeName, TimeSpan? lifetime, TimeProvider timeProvider, ILogger logger)
{
    private static readonly Backoff Asking = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));
    private static readonly TimeSpan NoteAfter = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = logger;

    /// <summary>What a request waits for, in a sentence; null if none waits.</summary>
    public string? Waiting { get; private set; }

    /// <summary>Gets a certificate.</summary>
    /// <param name="key">Its key. A request for the same key that is already there is used, so that a daemon that was stopped goes on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The certificate as PEM.</returns>
    /// <exception cref="CertificateRefusedException">It is denied, or what was signed is not what was asked for.</exception>
    /// <exception cref="ApiException">The cluster refuses the request.</exception>
    /// <exception cref="ApiUnavailableException">The cluster does not answer.</exception>
    public async Task<string> GetAsync(ECDsa key, CancellationToken cancellationToken)
    {
        var name = await PostAsync(key, cancellationToken);
        Waiting = WaitOf(name, null);
        try
        {
            var delay = new RetryDelay(Asking, Random.Shared);
            var asked = timeProvider.GetTimestamp();
            var isNoted = false;
            while (true)
            {
                var request = await api.GetAsync<V1CertificateSigningRequest>(ResourcePath.CertificateSigningRequest(name), cancellationToken);
                if ((Find(request, "Denied") ?? Find(request, "Failed")) is { } end)
                    throw new CertificateRefusedException($"the certificate request {name} is {end.Type.ToLowerInvariant()}: {end.Reason}: {end.Message}");
                if (request.Status?.Certificate is { Length: > 0 } signed)
                    return Check(Encoding.ASCII.GetString(signed), key);
                Waiting = WaitOf(name, Find(request, NodeSigners.NodeExists)?.Message);
                if (!isNoted && timeProvider.GetElapsedTime(asked) > NoteAfter)
                {
                    isNoted = true;
                    LogWaiting(Waiting);
                }

                await timeProvider.DelayAsync(delay.Next(), cancellationToken);
            }
        }
        finally
        {
            Waiting = null;
        }
    }

    private static string WaitOf(string name, string? why) =>
        $"the certificate request {name} waits for an administrator{(why is null ? "" : $", because {why}")}: kubectl certificate approve {name}";

    private static V1CertificateSigningRequestCondition? Find(V1CertificateSigningRequest request, string type) =>
        request.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type && condition.Status is not "False");

    private async Task<string> PostAsync(ECDsa key, CancellationToken cancellationToken)
    {
        var wanted = new CertificateSubject(NodeSigners.UserPrefix + nodeName, [NodeSigners.Group]);
        var pem = new CertificateRequest(wanted.ToName(), key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var name = $"node-csr-{Convert.ToHexStringLower(SHA256.HashData([.. key.ExportSubjectPublicKeyInfo(), .. Encoding.UTF8.GetBytes(nodeName)]))}";
        var request = new V1CertificateSigningRequest
        {
            ApiVersion = "certificates.k8s.io/v1",
            Kind = "CertificateSigningRequest",
            Metadata = new V1ObjectMeta { Name = name },
            Spec = new V1CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(pem),
                SignerName = NodeSigners.Client,
                Usages = ["digital signature", "client auth"],
                ExpirationSeconds = lifetime is { } wantedLife ? (int)wantedLife.TotalSeconds : null,
            },
        };
        try
        {
            await api.CreateAsync(ResourcePath.CertificateSigningRequests, request, cancellationToken);
        }
        catch (ApiException exists) when (exists.IsConflict)
        {
            // Made with the same key, because the name is its hash; the certificate is checked in any case.
        }

        return name;
    }

    private string Check(string pem, ECDsa key)
    {
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            if (!ClientCertificate.Names(certificate, nodeName))
                throw new CertificateRefusedException($"the cluster has signed a certificate of {certificate.Subject}, not of node {nodeName}");
            using var signed = certificate.GetECDsaPublicKey();
            if (signed is null || !signed.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
                throw new CertificateRefusedException("the cluster has signed a certificate of another key");
            return certificate.ExportCertificatePem();
        }
        catch (CryptographicException unreadable)
        {
            throw new CertificateRefusedException($"the cluster's certificate cannot be read: {unreadable.Message}");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node has no certificate yet: {Wait}")]
    private partial void LogWaiting(string wait);
}
