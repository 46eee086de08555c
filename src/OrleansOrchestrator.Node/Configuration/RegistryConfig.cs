using System.Text;
using System.Text.Json;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Credentials for registries, in the form in which Docker keeps them. Pure.</summary>
/// <remarks>See "Using a private registry" in the Kubernetes page on images, and <c>config.json</c> in Docker's reference.</remarks>
internal static class RegistryConfig
{
    private const string DefaultRegistry = "index.docker.io";

    /// <summary>Reads a <c>config.json</c>, or the older <c>.dockercfg</c>, which has the servers at the top.</summary>
    /// <param name="content">The content.</param>
    /// <param name="isOld">Whether it has the older form.</param>
    /// <returns>The credentials; null if the content has another form.</returns>
    public static IReadOnlyList<RegistryCredential>? TryParse(ReadOnlyMemory<byte> content, bool isOld)
    {
        try
        {
            var found = new List<RegistryCredential>();
            using var json = JsonDocument.Parse(content);
            Add(isOld ? json.RootElement : json.RootElement.GetProperty("auths"), found);
            return found;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The credentials for an image, the most specific first.</summary>
    public static IEnumerable<RegistryCredential> For(string image, IEnumerable<RegistryCredential> credentials) =>
        credentials.Where(credential => Matches(credential.Server, image)).OrderByDescending(credential => Bare(credential.Server), StringComparer.Ordinal);

    /// <summary>Whether a credential's server (with patterns of its host's parts, and perhaps the start of a path) is an image's.</summary>
    internal static bool Matches(string server, string image)
    {
        var pattern = Bare(server);
        var (host, path) = Split(pattern);
        var (imageHost, imagePath) = Split(WithRegistry(image));
        return HostsMatch(Alias(host), Alias(imageHost)) && ("/" + imagePath).StartsWith("/" + path, StringComparison.Ordinal);
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
