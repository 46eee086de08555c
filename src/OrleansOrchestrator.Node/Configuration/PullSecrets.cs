using System.Text;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Reads the credentials for registries that a pod names (<c>imagePullSecrets</c>).</summary>
/// <remarks>See "Using a private registry" in the Kubernetes page on images.</remarks>
internal sealed class PullSecrets(IConfigurationSource source)
{
    private const string DefaultRegistry = "index.docker.io";

    /// <summary>The credentials for an image, the most specific first.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The credentials, and the names of the secrets that are not there or cannot be read.</returns>
    public async Task<(IReadOnlyList<RegistryCredential> Credentials, IReadOnlyList<string> Missing)> FindAsync(
        V1Pod pod, string image, CancellationToken cancellationToken)
    {
        var found = new List<RegistryCredential>();
        var missing = new List<string>();
        foreach (var name in (pod.Spec.ImagePullSecrets ?? []).Select(reference => reference.Name).Where(name => !string.IsNullOrEmpty(name)))
        {
            if (await ReadAsync(pod.Metadata.NamespaceProperty, name, cancellationToken) is not { } secret || !TryParse(secret, found))
                missing.Add(name);
        }

        return ([.. found.Where(credential => Matches(credential.Server, image)).OrderByDescending(credential => Bare(credential.Server), StringComparer.Ordinal)], missing);
    }

    /// <summary>Whether a credential's server (with patterns of its host's parts, and perhaps the start of a path) is an image's.</summary>
    internal static bool Matches(string server, string image)
    {
        var pattern = Bare(server);
        var (host, path) = Split(pattern);
        var (imageHost, imagePath) = Split(WithRegistry(image));
        return HostsMatch(Alias(host), Alias(imageHost)) && ("/" + imagePath).StartsWith("/" + path, StringComparison.Ordinal);
    }

    /// <summary>A secret; null if it is not there, or the API does not give it: the registry may give the image without it.</summary>
    private async Task<V1Secret?> ReadAsync(string ns, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await source.GetSecretAsync(ns, name, cancellationToken);
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static bool TryParse(V1Secret secret, List<RegistryCredential> found)
    {
        try
        {
            if (secret.Data?.TryGetValue(".dockerconfigjson", out var config) == true)
            {
                using var json = JsonDocument.Parse(config);
                Add(json.RootElement.GetProperty("auths"), found);
                return true;
            }

            if (secret.Data?.TryGetValue(".dockercfg", out var old) == true)
            {
                using var json = JsonDocument.Parse(old);
                Add(json.RootElement, found);
                return true;
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // It is as good as missing.
        }

        return false;
    }

    private static void Add(JsonElement servers, List<RegistryCredential> found)
    {
        foreach (var server in servers.EnumerateObject())
        {
            var (username, password) = (TextOf(server.Value, "username"), TextOf(server.Value, "password"));
            if (TextOf(server.Value, "auth") is { Length: > 0 } auth
                && Encoding.UTF8.GetString(Convert.FromBase64String(auth)) is var pair && pair.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon)
            {
                (username, password) = (pair[..colon], pair[(colon + 1)..]);
            }

            found.Add(new RegistryCredential
            {
                Server = server.Name,
                Username = username,
                Password = password,
                IdentityToken = TextOf(server.Value, "identitytoken"),
                RegistryToken = TextOf(server.Value, "registrytoken"),
            });
        }
    }

    private static string TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";

    private static bool HostsMatch(string pattern, string host)
    {
        var (patternName, patternPort) = SplitPort(pattern);
        var (name, port) = SplitPort(host);
        var (patterns, parts) = (patternName.Split('.'), name.Split('.'));
        return patternPort == port && patterns.Length == parts.Length
            && patterns.Zip(parts).All(pair => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pair.First, pair.Second, ignoreCase: false));
    }

    /// <summary>An address without scheme and without the version that some clients append.</summary>
    private static string Bare(string server)
    {
        var bare = server[(server.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? at + 3 : 0)..].TrimEnd('/');
        return bare.EndsWith("/v1", StringComparison.Ordinal) || bare.EndsWith("/v2", StringComparison.Ordinal) ? bare[..^3] : bare;
    }

    private static string WithRegistry(string image)
    {
        var first = image.Split('/')[0];
        var namesHost = image.Contains('/', StringComparison.Ordinal) && (first == "localhost" || first.AsSpan().ContainsAny('.', ':'));
        return namesHost ? image : $"{DefaultRegistry}/{image}";
    }

    private static string Alias(string host) => host is "docker.io" or "registry-1.docker.io" ? DefaultRegistry : host;

    private static (string Host, string Path) Split(string address) =>
        address.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? (address[..slash], address[(slash + 1)..]) : (address, "");

    private static (string Name, string Port) SplitPort(string host) =>
        host.LastIndexOf(':') is >= 0 and var colon ? (host[..colon], host[(colon + 1)..]) : (host, "");
}
