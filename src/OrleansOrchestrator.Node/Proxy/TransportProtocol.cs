namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The protocol of a service port.</summary>
internal enum TransportProtocol
{
    /// <summary>The default.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,

    /// <summary>SCTP, which only the kernel carries.</summary>
    Sctp,
}

/// <summary>Reads and writes protocols.</summary>
internal static class TransportProtocols
{
    /// <summary>Reads a protocol of the API, where nothing is TCP; null for what is none.</summary>
    public static TransportProtocol? Read(string? text) => text switch
    {
        null or "TCP" => TransportProtocol.Tcp,
        "UDP" => TransportProtocol.Udp,
        "SCTP" => TransportProtocol.Sctp,
        _ => null,
    };

    /// <summary>The protocol as Kubernetes writes it.</summary>
    public static string ToText(this TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Udp => "UDP",
        TransportProtocol.Sctp => "SCTP",
        _ => "TCP",
    };
}
