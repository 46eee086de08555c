using System.Net;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>A UDP flow that the kernel remembers. While packets come, they go where the first one went, whatever the rules say by now.</summary>
/// <param name="Called">Where the client sends to.</param>
/// <param name="Answering">Who answers.</param>
/// <param name="Name">The kernel's description, by which it finds the flow again.</param>
internal readonly record struct UdpFlow(IPEndPoint Called, IPEndPoint Answering, ReadOnlyMemory<byte> Name);
