using System.Security.Cryptography;
using k8s.Models;
using OrleansOrchestrator.Kinds.ApiRegistration;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>A version of a group, and the service that an APIService gives it to.</summary>
/// <param name="Group">The group.</param>
/// <param name="Version">The version.</param>
/// <param name="Service">The service.</param>
/// <param name="Port">The port of the service.</param>
/// <param name="Trust">How its certificate is verified.</param>
/// <param name="IsAvailable">Whether requests are passed on to it.</param>
internal sealed record AggregatedServer(string Group, string Version, ObjectKey Service, int Port, ServerTrust Trust, bool IsAvailable)
{
    /// <summary>The path of its version.</summary>
    public string Root => $"/apis/{Group}/{Version}";

    /// <summary>The name that its certificate must have.</summary>
    public string HostName => $"{Service.Name}.{Service.Namespace}.svc";

    /// <summary>The server of an APIService; null if it names none.</summary>
    public static AggregatedServer? Of(V1APIService api) => api.Spec is not { Service: { } service } spec ? null : new AggregatedServer(
        spec.Group ?? "",
        spec.Version ?? "",
        new ObjectKey(service.NamespaceProperty ?? "", service.Name ?? ""),
        service.Port ?? ApiServices.PortDefault,
        ServerTrust.Of(spec),
        ApiServices.AvailabilityOf(api) is { Status: "True" });
}

/// <summary>How the certificate of an aggregated server is verified.</summary>
/// <param name="Authorities">The authorities that may have issued it as PEM; empty for those of the machine.</param>
/// <param name="IsSkipped">Whether it is not verified at all.</param>
internal sealed record ServerTrust(byte[] Authorities, bool IsSkipped)
{
    private readonly string _key = $"{IsSkipped} {Convert.ToHexString(SHA256.HashData(Authorities))}";

    /// <summary>What an APIService says.</summary>
    public static ServerTrust Of(V1APIServiceSpec spec) => new(spec.CaBundle ?? [], spec.InsecureSkipTLSVerify == true);

    /// <inheritdoc/>
    public bool Equals(ServerTrust? other) => other is not null && _key == other._key;

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(_key, StringComparison.Ordinal);
}
