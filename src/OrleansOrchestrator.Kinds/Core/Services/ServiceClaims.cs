using System.Globalization;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>The names under which the store keeps the unique addresses and ports of services.</summary>
public static class ServiceClaims
{
    /// <summary>A cluster IP, in canonical form.</summary>
    public static string Address(string? address) => $"ip/{AddressSyntax.Canonical(address ?? "")}";

    /// <summary>A node port. It has the same name for every protocol.</summary>
    public static string NodePort(int port) => string.Create(CultureInfo.InvariantCulture, $"nodePort/{port}");
}
