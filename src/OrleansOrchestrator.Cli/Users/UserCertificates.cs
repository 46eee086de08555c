using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Cli.Clusters;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Kinds.Certificates;

namespace OrleansOrchestrator.Cli.Users;

/// <summary>Gives users certificates by which they log in, through the certificate API: the key never leaves this machine.</summary>
internal static class UserCertificates
{
    private const string Signer = "kubernetes.io/kube-apiserver-client";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes a key, has a certificate signed for it, and prints a kubeconfig with both.</summary>
    /// <exception cref="CommandException">The cluster refuses it, or does not sign it.</exception>
    public static Task<int> CreateAsync(string kubeConfig, NewUser user, CancellationToken cancellationToken) =>
        ClusterClient.RunAsync(kubeConfig, async (client, configuration) =>
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = await client.CertificatesV1.CreateCertificateSigningRequestAsync(RequestOf(user, key), cancellationToken: cancellationToken);
            request.Status = new V1CertificateSigningRequestStatus
            {
                Conditions =
                [
                    new V1CertificateSigningRequestCondition { Type = "Approved", Status = "True", Reason = "UserCreated", Message = "Approved by orchestrator user create." },
                ],
            };
            await client.CertificatesV1.ReplaceCertificateSigningRequestApprovalAsync(request, request.Metadata.Name, cancellationToken: cancellationToken);
            var certificate = await SignedAsync(client, request.Metadata.Name, cancellationToken);
            Console.Write(TextOf(user, configuration, certificate, key));
        });

    private static V1CertificateSigningRequest RequestOf(NewUser user, ECDsa key)
    {
        var name = new CertificateSubject(user.Name, user.Groups).ToName();
        return new V1CertificateSigningRequest
        {
            ApiVersion = "certificates.k8s.io/v1",
            Kind = "CertificateSigningRequest",
            Metadata = new V1ObjectMeta { GenerateName = "user-" },
            Spec = new V1CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSigningRequestPem()),
                SignerName = Signer,
                Usages = ["digital signature", "client auth"],
                ExpirationSeconds = (int)user.Life.TotalSeconds,
            },
        };
    }

    private static async Task<byte[]> SignedAsync(Kubernetes client, string name, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < Patience)
        {
            var request = await client.CertificatesV1.ReadCertificateSigningRequestAsync(name, cancellationToken: cancellationToken);
            if (request.Status?.Certificate is { Length: > 0 } certificate)
                return certificate;
            if (request.Status?.Conditions?.FirstOrDefault(condition => condition.Type is "Denied" or "Failed") is { } end)
                throw new CommandException($"the certificate request {name} is {end.Type.ToLowerInvariant()}: {end.Message}");
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"the certificate request {name} was not signed within {Patience.TotalSeconds} s"));
    }

    private static string TextOf(NewUser user, KubernetesClientConfiguration configuration, byte[] certificate, ECDsa key)
    {
        var authority = string.Concat((configuration.SslCaCerts ?? []).Select(one => one.ExportCertificatePem() + "\n"));
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: orchestrator
              cluster:
                server: {Quote(configuration.Host)}
                certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(authority))}
            users:
            - name: {Quote(user.Name)}
              user:
                client-certificate-data: {Convert.ToBase64String(certificate)}
                client-key-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()))}
            contexts:
            - name: orchestrator
              context:
                cluster: orchestrator
                user: {Quote(user.Name)}
                namespace: default
            current-context: orchestrator

            """;
    }

    // A JSON string is a valid YAML string.
    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
