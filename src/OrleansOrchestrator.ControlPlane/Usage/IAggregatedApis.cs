using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>Asks APIs that somebody else serves and an APIService announces, as adapters of metrics do.</summary>
public interface IAggregatedApis
{
    /// <summary>The announced versions of a group, the preferred one first.</summary>
    ValueTask<IReadOnlyList<string>> FindVersionsAsync(string group, CancellationToken cancellationToken);

    /// <summary>Reads from who serves a version of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="version">One of its announced versions.</param>
    /// <param name="pathAndQuery">The whole path, with the query.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The JSON of the answer.</returns>
    /// <exception cref="ApiException">It cannot be reached, or answers with an error.</exception>
    Task<ReadOnlyMemory<byte>> GetAsync(string group, string version, string pathAndQuery, CancellationToken cancellationToken);
}
