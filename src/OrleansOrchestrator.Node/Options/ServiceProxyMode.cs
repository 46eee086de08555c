namespace OrleansOrchestrator.Node.Options;

/// <summary>How a node carries connections to services.</summary>
public enum ServiceProxyMode
{
    /// <summary>In the kernel where that works: as root, with nft, and on a node whose own address and service range are not loopback
    /// ones, to which the kernel forwards nothing. Otherwise in user space.</summary>
    Auto,

    /// <summary>In the kernel, with nftables.</summary>
    Nftables,

    /// <summary>In user space. It needs no rights and leaves the machine's firewall alone.</summary>
    UserSpace,
}
