using System.Net;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>The gateway cannot listen, since something else has its address. The message is fit to be shown to the operator.</summary>
public sealed class GatewayAddressInUseException(IPEndPoint endpoint, Exception inner)
    : IOException($"cannot listen on {endpoint}: the address is in use by another process; stop it or choose another port", inner)
{
    /// <summary>The address that was asked for.</summary>
    public IPEndPoint Endpoint { get; } = endpoint;
}
