using k8s.Models;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Statistics;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>Asks node daemons what they and their pods use. Whoever can call daemons implements it.</summary>
public interface INodeStatistics
{
    /// <summary>Asks the daemon of a node.</summary>
    /// <exception cref="ApiException">It cannot be reached, or does not answer properly.</exception>
    Task<StatsSummary> ReadAsync(V1Node node, CancellationToken cancellationToken);
}
