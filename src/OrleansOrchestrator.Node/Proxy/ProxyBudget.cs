using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>What a place in the budget is used for.</summary>
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
/// Bounds the file descriptors of the whole proxy. Ports and traffic have separate shares, so neither can use up the other's. Half of
/// the process's descriptors stay free for the rest of the process.
/// </summary>
internal sealed class ProxyBudget
{
    private readonly int[] _used = new int[2];

    /// <param name="options">The operator's bounds.</param>
    /// <param name="descriptorsMax">The most file descriptors the process may open.</param>
    public ProxyBudget(NodeAgentOptions options, int descriptorsMax)
    {
        var own = Math.Max(descriptorsMax / 2, 4);
        PortsMax = Math.Min(options.ProxyPortsMax, own / 4);
        CarriedMax = (int)Math.Min(2L * options.ProxyConnectionsMax, own - PortsMax);
    }

    /// <summary>The most ports that may be open.</summary>
    public int PortsMax { get; }

    /// <summary>The most descriptors for traffic: a connection takes two, a UDP session one.</summary>
    public int CarriedMax { get; }

    /// <summary>The descriptors that connections and sessions take now.</summary>
    public int Carried => Volatile.Read(ref _used[1]);

    /// <summary>The ports that are open now.</summary>
    public int Ports => Volatile.Read(ref _used[0]);

    /// <summary>The descriptors that one use takes.</summary>
    public static int CostOf(ProxyUse use) => use == ProxyUse.Connection ? 2 : 1;

    /// <summary>Takes a place for a service. Returns false if the budget has none for it.</summary>
    /// <param name="use">What the place is used for.</param>
    /// <param name="own">The descriptors that the service already has in this share. A service may take no more than it leaves free for
    /// all others. So however many services take all they can, the next one still finds a place.</param>
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

    /// <summary>Returns a place.</summary>
    public void Return(ProxyUse use) => Interlocked.Add(ref _used[use == ProxyUse.Port ? 0 : 1], -CostOf(use));
}
