using System.Globalization;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Bounds what one service takes of the proxy. What exceeds it is refused, and told on the service.</summary>
/// <param name="whole">The budget of the whole proxy.</param>
/// <param name="options">The most that one service may take.</param>
/// <param name="time">The clock.</param>
/// <param name="tell">Is told why something was refused, with a reason and a message, once a minute.</param>
internal sealed class ServiceBudget(ProxyBudget whole, NodeAgentOptions options, TimeProvider time, Action<string, string> tell)
{
    // Often enough to raise an event's count while the budget is exceeded.
    private static readonly TimeSpan ToldAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly int[] _used = new int[3];
    private readonly long?[] _told = new long?[3];

    /// <summary>How much the service has of a use.</summary>
    public int Used(ProxyUse use)
    {
        lock (_gate)
            return _used[(int)use];
    }

    /// <summary>Takes a place.</summary>
    /// <returns>The place, which owns the sockets that are made for it; null if the service may have no more.</returns>
    public Holding? TryTake(ProxyUse use)
    {
        bool isToBeTold;
        int used;
        lock (_gate)
        {
            used = _used[(int)use];
            var own = use == ProxyUse.Port ? used : (2 * _used[(int)ProxyUse.Connection]) + _used[(int)ProxyUse.Session];
            if (used < MaxOf(use) && whole.TryTake(use, own))
            {
                _used[(int)use]++;
                return new Holding(() => Return(use));
            }

            isToBeTold = _told[(int)use] is not { } last || time.GetElapsedTime(last) >= ToldAgainAfter;
            if (isToBeTold)
                _told[(int)use] = time.GetTimestamp();
        }

        if (isToBeTold)
            Report(use, used);
        return null;
    }

    private void Return(ProxyUse use)
    {
        lock (_gate)
            _used[(int)use]--;
        whole.Return(use);
    }

    private int MaxOf(ProxyUse use) => use switch
    {
        ProxyUse.Port => options.ProxyServicePortsMax,
        ProxyUse.Connection => options.ProxyServiceConnectionsMax,
        _ => options.ProxyServiceSessionsMax,
    };

    private void Report(ProxyUse use, int used)
    {
        var (reason, what) = use switch
        {
            ProxyUse.Port => ("TooManyPorts", "ports are open"),
            ProxyUse.Connection => ("TooManyConnections", "connections are carried"),
            _ => ("TooManySessions", "UDP sessions are carried"),
        };
        var why = used < MaxOf(use) ? "more would leave too little for other services" : "more are refused";
        tell(reason, string.Create(CultureInfo.InvariantCulture, $"{used} {what} for this service on this node; {why}"));
    }
}
