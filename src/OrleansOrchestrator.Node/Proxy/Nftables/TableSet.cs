namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>The sets and maps of our table that hold what services want. All but <c>affinity</c>, which the kernel fills.</summary>
internal enum TableSet
{
    /// <summary>Address, protocol, port → the chain that chooses an endpoint. Node ports have the address 0.0.0.0.</summary>
    Services,

    /// <summary>The same for clients outside the cluster, where the policy <c>Local</c> gives them other endpoints.</summary>
    Outside,

    /// <summary>Address, protocol, port, slot → endpoint.</summary>
    Endpoints,

    /// <summary>With session affinity: address, protocol, port, slot → the endpoint's id.</summary>
    Picks,

    /// <summary>With session affinity: address, protocol, port, id → endpoint.</summary>
    Live,

    /// <summary>The same for clients outside the cluster under the policy <c>Local</c>.</summary>
    LiveOutside,

    /// <summary>All cluster IPs: what reaches one untranslated is refused.</summary>
    ClusterIPs,

    /// <summary>Address, protocol, port of external addresses and node ports without endpoints.</summary>
    Refused,

    /// <summary>The pairs of equal addresses of endpoints that may call their own service.</summary>
    Hairpins,

    /// <summary>Address, protocol, port of load balancers that serve only some sources.</summary>
    Guarded,

    /// <summary>These sources: address, protocol, port, range.</summary>
    Allowed,

    /// <summary>Pairs of equal names of bridges whose pods answer each other past this machine.</summary>
    Bridges,
}

/// <summary>An element's place in the table.</summary>
/// <param name="Set">The set or map.</param>
/// <param name="Key">The key, in the words of nft.</param>
internal readonly record struct TableElement(TableSet Set, string Key);
