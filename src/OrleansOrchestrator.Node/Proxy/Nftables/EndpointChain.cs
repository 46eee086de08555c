using System.Globalization;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>Whose connections get this machine's address as their source, so that answers come back this way.</summary>
internal enum SourceMask
{
    /// <summary>Nobody's.</summary>
    Nobody,

    /// <summary>Those from outside the pods' ranges, where these are known.</summary>
    Strangers,

    /// <summary>Those of this machine's own processes.</summary>
    Host,

    /// <summary>Everybody's.</summary>
    Everybody,
}

/// <summary>
/// A chain that sends a connection to one of a number of endpoints. It has no endpoint in it: all services with as many endpoints, and
/// the same manners, share it, so that there are few chains, and a change of a service is a change of elements.
/// </summary>
/// <param name="Count">How many endpoints there are.</param>
/// <param name="Mask">Whose source is masked.</param>
/// <param name="AffinitySeconds">How long a client keeps its endpoint; 0 without session affinity.</param>
/// <param name="IsNodePort">Whether the service is found by its node port, at any address.</param>
/// <param name="IsOutside">Whether it is for clients outside the cluster under the policy <c>Local</c>.</param>
internal readonly record struct EndpointChain(int Count, SourceMask Mask, int AffinitySeconds, bool IsNodePort, bool IsOutside)
{
    /// <summary>The first slot of endpoints. A packet's priority 0 is none.</summary>
    public const uint FirstSlot = 1;

    /// <summary>The first slot of endpoints that are for clients outside.</summary>
    public const uint FirstOutsideSlot = 1 << 20;

    /// <summary>The chain's name.</summary>
    public string Name => string.Create(
        CultureInfo.InvariantCulture,
        $"of-{Count}{(IsNodePort ? "-port" : "")}{(IsOutside ? "-outside" : "")}{MaskName}{(AffinitySeconds > 0 ? $"-sticky-{AffinitySeconds}" : "")}");

    private string MaskName => Mask switch
    {
        SourceMask.Strangers => "-strangers",
        SourceMask.Host => "-host",
        SourceMask.Everybody => "-masked",
        _ => "",
    };

    /// <summary>The rules.</summary>
    /// <param name="settings">What is the same for all chains.</param>
    public IEnumerable<string> Rules(TableSettings settings)
    {
        var key = IsNodePort ? TableText.NodePortKey : TableText.Key;
        var choose = string.Create(
            CultureInfo.InvariantCulture, $"meta priority set numgen random mod {Count} offset {(IsOutside ? FirstOutsideSlot : FirstSlot)}");
        yield return $"meta mark set meta mark or {TableText.Hex(Mask == SourceMask.Everybody ? TableText.OursMark | TableText.MaskedMark : TableText.OursMark)}";
        if (Mask == SourceMask.Host)
            yield return $"fib saddr type local meta mark set meta mark or {TableText.Hex(TableText.MaskedMark)}";
        if (Mask == SourceMask.Strangers && settings.PodRanges.Count > 0)
            yield return $"ip saddr != {{ {string.Join(", ", settings.PodRanges)} }} meta mark set meta mark or {TableText.Hex(TableText.MaskedMark)}";

        // The number of a slot, and then an endpoint's id, travel in the packet's priority, which nothing reads before it leaves.
        if (AffinitySeconds == 0)
        {
            yield return choose;
            yield return $"{TableText.WithPorts} dnat ip to {key} . meta priority map @{TableText.NameOf(TableSet.Endpoints)}";
            yield break;
        }

        var client = $"ip saddr . {key}";
        var remember = string.Create(
            CultureInfo.InvariantCulture, $"update @{TableText.Affinity} {{ {client} timeout {AffinitySeconds}s : meta priority }}");
        var go = $"{TableText.WithPorts} dnat ip to {key} . meta priority map @{TableText.NameOf(IsOutside ? TableSet.LiveOutside : TableSet.Live)}";
        yield return $"meta priority set {client} map @{TableText.Affinity} {remember} {go}";

        // Whoever is still here has no note, or one of an endpoint that is gone; an update would only renew its time.
        yield return $"delete @{TableText.Affinity} {{ {client} : meta priority }}";
        yield return choose;
        yield return $"meta priority set {key} . meta priority map @{TableText.NameOf(TableSet.Picks)}";
        yield return remember;
        yield return go;
    }
}
