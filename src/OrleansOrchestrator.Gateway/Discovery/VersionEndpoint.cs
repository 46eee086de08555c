using System.Reflection;
using System.Runtime.InteropServices;
using k8s.Models;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>Serves <c>/version</c>: the Kubernetes version of the API, and the version of this server.</summary>
internal sealed class VersionEndpoint : IPathEndpoint
{
    private const string Major = "1";
    private const string Minor = "33";
    private readonly CachedDocument _document = new(ObjectCodec.Encode(Describe()));

    /// <inheritdoc/>
    public bool Serves(string path) => path is "/version" or "/version/";

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => _document.SendAsync(request, MediaTypes.Json);

    private static VersionInfo Describe()
    {
        var product = typeof(VersionEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var commitAt = product.IndexOf('+', StringComparison.Ordinal);
        return new VersionInfo
        {
            Major = Major,
            Minor = Minor,
            GitVersion = $"v{Major}.{Minor}.0+orleansorchestrator.{(commitAt < 0 ? product : product[..commitAt])}",
            GitCommit = commitAt < 0 ? "" : product[(commitAt + 1)..],
            GitTreeState = "",
            BuildDate = "1970-01-01T00:00:00Z",
            GoVersion = "",
            Compiler = RuntimeInformation.FrameworkDescription,
            Platform = $"{PlatformName()}/{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant().Replace("x64", "amd64", StringComparison.Ordinal)}",
        };
    }

    private static string PlatformName()
    {
        if (OperatingSystem.IsWindows())
            return "windows";
        return OperatingSystem.IsMacOS() ? "darwin" : "linux";
    }
}
