using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>A server of the Kubernetes API and the credentials for it, as a kubeconfig names them.</summary>
internal sealed class ApiTarget
{
    private byte[]? _trusted;

    private ApiTarget(Uri address, string? token, X509Certificate2Collection? authorities, X509Certificate2? identity)
    {
        Address = address;
        Token = token;
        Authorities = authorities;
        Identity = identity;
    }

    public Uri Address { get; }

    /// <summary>The bearer token; null if the certificate is the credential.</summary>
    public string? Token { get; }

    private X509Certificate2Collection? Authorities { get; }

    private X509Certificate2? Identity { get; }

    public static async Task<ApiTarget> FromKubeConfigAsync(string path)
    {
        var configuration = await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(path));
        return new ApiTarget(new Uri(configuration.Host), configuration.AccessToken, configuration.SslCaCerts, IdentityOf(configuration));
    }

    private static X509Certificate2? IdentityOf(KubernetesClientConfiguration configuration)
    {
        if (configuration is { ClientCertificateFilePath: { } certificate, ClientKeyFilePath: { } key })
            return X509Certificate2.CreateFromPemFile(certificate, key);
        return configuration is { ClientCertificateData: { } certificateData, ClientCertificateKeyData: { } keyData }
            ? X509Certificate2.CreateFromPem(Decode(certificateData), Decode(keyData))
            : null;

        static string Decode(string data) => Encoding.ASCII.GetString(Convert.FromBase64String(data));
    }

    /// <summary>Connects and agrees on a protocol.</summary>
    /// <exception cref="IOException">The server cannot be reached.</exception>
    public async Task<SslStream> ConnectAsync(SslApplicationProtocol protocol, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(Address.Host, Address.Port, cancellationToken);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(TlsOptions(protocol), cancellationToken);
            return stream;
        }
        catch (Exception failure) when (failure is SocketException or AuthenticationException)
        {
            socket.Dispose();
            throw new IOException($"cannot connect to {Address}: {failure.Message}", failure);
        }
    }

    /// <summary>How a connection is encrypted.</summary>
    /// <param name="protocols">What the client speaks.</param>
    public SslClientAuthenticationOptions TlsOptions(params SslApplicationProtocol[] protocols) => new()
    {
        TargetHost = Address.Host,
        ApplicationProtocols = [.. protocols],
        ClientCertificates = Identity is null ? null : [Identity],
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsTrusted(certificate, errors),
    };

    private bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (Authorities is null)
            return true;
        if (certificate is not X509Certificate2 leaf || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return false;

        // Thousands of connections to one server show one certificate: it is looked at once.
        var known = _trusted;
        if (known is not null && leaf.RawDataMemory.Span.SequenceEqual(known))
            return true;
        if (!IsSignedByAuthority(leaf))
            return false;
        _trusted = leaf.RawData;
        return true;
    }

    private bool IsSignedByAuthority(X509Certificate2 leaf)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Authorities!);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(leaf);
    }
}
