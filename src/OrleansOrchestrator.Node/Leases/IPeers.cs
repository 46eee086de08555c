using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>The connections to the nodes of a view.</summary>
internal interface IPeers
{
    /// <summary>Asks a peer for its vote. Returns false if the peer keeps it, or does not answer well before a granted vote would
    /// expire.</summary>
    Task<bool> AskAsync(FencingMember peer, CancellationToken cancellationToken);

    /// <summary>Releases the connections when no peer will be asked for a while.</summary>
    void Rest();
}
