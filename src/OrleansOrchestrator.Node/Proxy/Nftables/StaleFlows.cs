using System.Net;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>Finds UDP flows that go where their service does not lead any more: to endpoints that are gone, or past new ones. Pure.</summary>
internal static class StaleFlows
{
    /// <summary>The flows that the kernel must forget, so that the next packet finds an endpoint.</summary>
    /// <param name="flows">All flows.</param>
    /// <param name="table">What services want.</param>
    /// <param name="gone">What was served until now.</param>
    /// <param name="isOfThisMachine">Whether an address belongs to this machine, and so has node ports.</param>
    public static IEnumerable<UdpFlow> Find(
        IEnumerable<UdpFlow> flows, ServiceTable table, IReadOnlySet<Listening> gone, Func<IPAddress, bool> isOfThisMachine)
    {
        foreach (var flow in flows)
        {
            var at = new Listening(flow.Called.Address, flow.Called.Port, TransportProtocol.Udp);
            if (!IsServed(at))
            {
                at = at with { Address = IPAddress.Any };
                if (!IsServed(at) || !isOfThisMachine(flow.Called.Address))
                    continue;
            }

            if (table.At(at) is not { } route ? !flow.Answering.Equals(flow.Called) : !route.LeadsTo(flow.Answering) && !route.IsEmpty)
                yield return flow;
        }

        bool IsServed(Listening at) => table.At(at) is not null || gone.Contains(at);
    }
}
