using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using k8s;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Identity;

/// <summary>
/// Gives a daemon an identity of its own: the certificate that it has, or one for which it asks with a bootstrap token. The token is not
/// needed any more afterwards.
/// </summary>
/// <remarks>As the kubelet, https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/.</remarks>
/// <param name="settings">How to join.</param>
/// <param name="nodeName">The node.</param>
/// <param name="lifetime">How long the certificate is to live; null leaves it to the signer.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="loggers">Makes the loggers.</param>
public sealed partial class NodeJoin(JoinSettings settings, string nodeName, TimeSpan? lifetime, TimeProvider timeProvider, ILoggerFactory loggers)
{
    // The key of a request that is not answered yet, so that a daemon that was stopped goes on with its request.
    private const string PendingKeyFile = "kubelet-client.key.tmp";

    // A controller signs for a token some moments after the token is there.
    private static readonly TimeSpan SignedWithin = TimeSpan.FromSeconds(20);

    private readonly ILogger _logger = loggers.CreateLogger<NodeJoin>();
    private readonly RetryDelay _delay = new(Backoff.OfLoops, Random.Shared);
    private CertificateClient? _client;

    /// <summary>Why the node has not joined yet, as far as known; null if nothing is wrong.</summary>
    public string? LastFault { get; private set; }

    /// <summary>What the node waits for; null if it does not.</summary>
    public string? Waiting => _client?.Waiting ?? LastFault;

    private string CertificateFile => Path.Combine(settings.CertificateDirectory, ClientCertificate.FileName);

    /// <summary>Where the cluster is, as far as it is known before the node has joined; null if it is not.</summary>
    /// <exception cref="JoinException">The file that says so cannot be used.</exception>
    public Uri? Server => settings.Server
        ?? ((ReadKubeConfig(settings.KubeConfig) ?? (settings.BootstrapKubeConfig is { } file ? ReadKubeConfig(file) : null))?.Host is { } host ? new Uri(host) : null);

    /// <summary>Joins. Waits for the cluster as long as it takes.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How the cluster is reached, and the certificate with which the daemon logs in.</returns>
    /// <exception cref="JoinException">It cannot join.</exception>
    /// <exception cref="CertificateRefusedException">The cluster does not give it a certificate.</exception>
    public async Task<(KubernetesClientConfiguration Configuration, ClientCertificate Certificate)> JoinAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(settings.CertificateDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (FormerIdentity() is { } former)
            return former;
        if (ReadKubeConfig(settings.KubeConfig) is { } present && !IsOwn(present))
            throw new JoinException($"the kubeconfig {settings.KubeConfig} has other credentials than the node's, and is not replaced: give the node another --kubeconfig, or none");
        var began = timeProvider.GetTimestamp();
        while (true)
        {
            try
            {
                return await JoinOnceAsync(cancellationToken);
            }
            catch (JoinException early) when (early.MayPass && timeProvider.GetElapsedTime(began) < SignedWithin)
            {
                LastFault = early.Message;
                LogUnavailable(early.Message);
                await timeProvider.DelayAsync(_delay.Next(), cancellationToken);
            }
            catch (ApiException refused) when (refused.StatusCode == System.Net.HttpStatusCode.Unauthorized)
            {
                throw new JoinException("the cluster does not accept the token: it is unknown, ended or revoked", refused);
            }
            catch (ApiException refused) when (refused.IsRefusal && !refused.IsNotFound)
            {
                throw new JoinException($"the cluster does not let the node join: {refused.Message}", refused);
            }
            catch (Exception unavailable) when (ApiFailure.IsTransient(unavailable) && !cancellationToken.IsCancellationRequested)
            {
                LastFault = unavailable.Message;
                LogUnavailable(unavailable.Message);
                await timeProvider.DelayAsync(_delay.Next(), cancellationToken);
            }
        }
    }

    /// <summary>The identity of the last start; null if there is none, or if it has ended and there is a way to another.</summary>
    /// <exception cref="JoinException">It has ended, and there is no way to another.</exception>
    private (KubernetesClientConfiguration, ClientCertificate)? FormerIdentity()
    {
        var known = ReadKubeConfig(settings.KubeConfig);
        if (known is null || ClientCertificate.Load(CertificateFile, nodeName) is not { } certificate)
            return null;
        if (settings.AuthorityHashes.Count > 0 && !(known.SslCaCerts ?? []).Any(authority => settings.AuthorityHashes.Contains(ClusterInfo.PinOf(authority), StringComparer.OrdinalIgnoreCase)))
        {
            LogOtherCluster(known.Host);
            return null;
        }

        var hasEnded = new DateTimeOffset(certificate.Current.NotAfter) <= timeProvider.GetUtcNow();
        if (hasEnded)
        {
            var ended = new DateTimeOffset(certificate.Current.NotAfter);
            if (!CanBootstrap)
            {
                throw new JoinException(string.Create(
                    CultureInfo.InvariantCulture, $"its certificate in {CertificateFile} has ended at {ended:u}, and there is no token to ask for another one: give it --token, or --bootstrap-kubeconfig"));
            }

            LogEnded(ended);
            return null;
        }

        return (Connecting(settings.Server ?? new Uri(known.Host), known), certificate);
    }

    private bool IsOwn(KubernetesClientConfiguration known) => known.ClientCertificateFilePath == Path.GetFullPath(CertificateFile);

    private bool CanBootstrap => settings.BootstrapKubeConfig is not null || settings is { Server: not null, Token: not null };

    private async Task<(KubernetesClientConfiguration, ClientCertificate)> JoinOnceAsync(CancellationToken cancellationToken)
    {
        var bootstrap = await BootstrapAsync(cancellationToken);
        using var api = ClusterConnection.Open(bootstrap);
        _client = new CertificateClient(api, nodeName, lifetime, timeProvider, loggers.CreateLogger<CertificateClient>());
        using var key = PendingKey();
        ClientCertificate certificate;
        try
        {
            certificate = ClientCertificate.Create(CertificateFile, await _client.GetAsync(key, cancellationToken), key.ExportPkcs8PrivateKeyPem());
        }
        catch (CertificateRefusedException)
        {
            // What was refused stays refused: the next request is another one.
            File.Delete(PendingKeyPath);
            throw;
        }

        OwnedFile.Write(settings.KubeConfig, KubeConfigOf(new Uri(bootstrap.Host), bootstrap));
        File.Delete(PendingKeyPath);
        LastFault = null;
        LogJoined(nodeName, bootstrap.Host, new DateTimeOffset(certificate.Current.NotAfter));
        return (Connecting(new Uri(bootstrap.Host), bootstrap), certificate);
    }

    /// <summary>The connection with which the certificate is asked for.</summary>
    private async Task<KubernetesClientConfiguration> BootstrapAsync(CancellationToken cancellationToken)
    {
        if (settings.BootstrapKubeConfig is { } file)
        {
            var given = ReadKubeConfig(file) ?? throw new JoinException($"the bootstrap kubeconfig {file} does not exist");
            return given is { SkipTlsVerify: false, SslCaCerts.Count: > 0 } ? given : throw new JoinException($"the bootstrap kubeconfig {file} must name the cluster's authority");
        }

        if (settings.Server is not { } server || settings.Token is null)
            throw new JoinException($"the node has no certificate in {CertificateFile}, and no token to ask for one");
        var token = BootstrapToken.Parse(settings.Token) ?? throw new JoinException("the token must have the form abcdef.0123456789abcdef");
        var authorities = await ClusterDiscovery.FindAuthoritiesAsync(server, token, settings.AuthorityHashes, timeProvider, cancellationToken);
        var found = new KubernetesClientConfiguration { Host = server.ToString(), AccessToken = token.ToString(), SslCaCerts = [] };
        found.SslCaCerts.ImportFromPem(authorities);
        return found;
    }

    private string PendingKeyPath => Path.Combine(settings.CertificateDirectory, PendingKeyFile);

    private ECDsa PendingKey()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (File.Exists(PendingKeyPath))
            {
                key.ImportFromPem(File.ReadAllText(PendingKeyPath));
                return key;
            }
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            // A key that was cut off is replaced.
            key.Dispose();
            key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        }

        OwnedFile.Write(PendingKeyPath, key.ExportPkcs8PrivateKeyPem());
        return key;
    }

    private static KubernetesClientConfiguration Connecting(Uri server, KubernetesClientConfiguration known) =>
        new() { Host = server.ToString(), SslCaCerts = known.SslCaCerts, TlsServerName = known.TlsServerName };

    private static KubernetesClientConfiguration? ReadKubeConfig(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return KubernetesClientConfiguration.BuildConfigFromConfigFile(path);
        }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            // Whatever exception the library throws, the file is its cause.
            throw new JoinException($"cannot use the kubeconfig {path}: {unreadable.Message.ReplaceLineEndings(" ")}", unreadable);
        }
    }

    /// <summary>A kubeconfig for this node, which tools can use too.</summary>
    private string KubeConfigOf(Uri server, KubernetesClientConfiguration known)
    {
        var authorities = string.Join('\n', (known.SslCaCerts ?? []).Select(authority => authority.ExportCertificatePem()));
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: default-cluster
              cluster:
                server: {JsonSerializer.Serialize(server.GetLeftPart(UriPartial.Authority))}
                certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(authorities))}
            users:
            - name: default-auth
              user:
                client-certificate: {JsonSerializer.Serialize(Path.GetFullPath(CertificateFile))}
                client-key: {JsonSerializer.Serialize(Path.GetFullPath(CertificateFile))}
            contexts:
            - name: default-context
              context:
                cluster: default-cluster
                user: default-auth
                namespace: default
            current-context: default-context

            """;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} has joined the cluster at {Server}; its certificate is good until {Until:u}")]
    private partial void LogJoined(string node, string server, DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Information, Message = "The node has not joined yet: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node leaves the cluster at {Server}, whose authority is not the pinned one")]
    private partial void LogOtherCluster(string server);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node's certificate has ended at {Until:u}; it asks for another one")]
    private partial void LogEnded(DateTimeOffset until);
}
