using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Leases;

/// <summary>The way to the nodes of a view.</summary>
internal interface IPeers
{
    /// <summary>Asks a peer for its vote; false if it keeps it, or does not answer well before a vote that it gave would run out.</summary>
    Task<bool> AskAsync(FencingMember peer, CancellationToken cancellationToken);

    /// <summary>Nobody is asked for a while.</summary>
    void Rest();
}
