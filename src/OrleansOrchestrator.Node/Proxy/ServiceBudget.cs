using System.Globalization;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Bounds what one service takes of the proxy. Refuses what exceeds the bound and reports it on the service.</summary>
/// <param name="whole">The budget of the whole proxy.</param>
/// <param name="options">The bounds for one service.</param>
/// <param name="time">The clock.</param>
/// <param name="tell">Receives the reason and the message of a refusal, at most once a minute for each kind of use.</param>
internal sealed class ServiceBudget(ProxyBudget whole, NodeAgentOptions options, TimeProvider time, Action<string, string> tell)
{
    // Often enough to raise an event's count while the budget is exceeded.
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly int[] _used = new int[3];
    private readonly long?[] _reportedAt = new long?[3];

    /// <summary>The places that the service has for one use.</summary>
    public int Used(ProxyUse use)
    {
        lock (_gate)
            return _used[(int)use];
    }

    /// <summary>Takes a place.</summary>
    /// <returns>The place, which owns the sockets made for it. Null if the service may have no more.</returns>
    public Holding? TryTake(ProxyUse use)
    {
        bool isReportDue;
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

            isReportDue = _reportedAt[(int)use] is not { } last || time.GetElapsedTime(last) >= RepeatAfter;
            if (isReportDue)
                _reportedAt[(int)use] = time.GetTimestamp();
        }

        if (isReportDue)
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
