using System.Globalization;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>How the store calls what a service holds alone.</summary>
public static class ServiceClaims
{
    /// <summary>A cluster IP, however it is written.</summary>
    public static string Address(string? address) => $"ip/{AddressSyntax.Canonical(address ?? "")}";

    /// <summary>A node port, which is one whatever the protocol is.</summary>
    public static string NodePort(int port) => string.Create(CultureInfo.InvariantCulture, $"nodePort/{port}");
}
