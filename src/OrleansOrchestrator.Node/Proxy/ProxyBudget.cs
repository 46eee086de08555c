using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>What a place in the proxy is used for.</summary>
internal enum ProxyUse
{
    /// <summary>An open port.</summary>
    Port,

    /// <summary>A TCP connection.</summary>
    Connection,

    /// <summary>A UDP session.</summary>
    Session,
}

/// <summary>
/// Bounds what the whole proxy holds, in descriptors, against what the process may have: ports never keep connections out, nor
/// the other way round, and half of the process's descriptors stay with the rest of it.
/// </summary>
internal sealed class ProxyBudget
{
    private readonly int[] _used = new int[2];

    /// <param name="options">What the operator allows.</param>
    /// <param name="descriptorsMax">How many descriptors the process may have.</param>
    public ProxyBudget(NodeAgentOptions options, int descriptorsMax)
    {
        var own = Math.Max(descriptorsMax / 2, 4);
        PortsMax = Math.Min(options.ProxyPortsMax, own / 4);
        CarriedMax = (int)Math.Min(2L * options.ProxyConnectionsMax, own - PortsMax);
    }

    /// <summary>How many ports may be open.</summary>
    public int PortsMax { get; }

    /// <summary>How many descriptors connections (two each) and UDP sessions (one each) may have.</summary>
    public int CarriedMax { get; }

    /// <summary>How many descriptors connections and sessions have now.</summary>
    public int Carried => Volatile.Read(ref _used[1]);

    /// <summary>How many ports are open now.</summary>
    public int Ports => Volatile.Read(ref _used[0]);

    /// <summary>How many descriptors a use takes.</summary>
    public static int CostOf(ProxyUse use) => use == ProxyUse.Connection ? 2 : 1;

    /// <summary>Takes a place for one who has some already.</summary>
    /// <param name="use">What for.</param>
    /// <param name="own">How many descriptors of the kind he has. He gets no more than is left for all others: however many
    /// take what they can, there is something left for the next one.</param>
    public bool TryTake(ProxyUse use, int own)
    {
        ref var used = ref _used[use == ProxyUse.Port ? 0 : 1];
        var max = use == ProxyUse.Port ? PortsMax : CarriedMax;
        var cost = CostOf(use);
        var after = Interlocked.Add(ref used, cost);
        if (after <= max && own + cost <= max - after + cost)
            return true;
        Interlocked.Add(ref used, -cost);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Return(ProxyUse use) => Interlocked.Add(ref _used[use == ProxyUse.Port ? 0 : 1], -CostOf(use));
}
