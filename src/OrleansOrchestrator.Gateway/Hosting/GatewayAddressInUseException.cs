using System.Net;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>The gateway cannot listen because its address is in use. The message is meant for the operator.</summary>
public sealed class GatewayAddressInUseException(IPEndPoint endpoint, Exception inner)
    : IOException($"cannot listen on {endpoint}: the address is in use by another process; stop it or choose another port", inner)
{
    /// <summary>The address.</summary>
    public IPEndPoint Endpoint { get; } = endpoint;
}
