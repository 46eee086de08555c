using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>Asks the servers that APIServices name, as adapters of metrics are. Whoever can reach them implements it.</summary>
public interface IAggregatedApis
{
    /// <summary>The versions of a group that APIServices give to services, the preferred one first.</summary>
    IReadOnlyList<string> VersionsOf(string group);

    /// <summary>Reads from who serves a version of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="version">One of its versions.</param>
    /// <param name="pathAndQuery">The whole path, with the query.</param>
    /// <param name="user">As whom to ask.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The JSON of the answer.</returns>
    /// <exception cref="ApiException">It cannot be reached, or answers with an error.</exception>
    Task<ReadOnlyMemory<byte>> GetAsync(string group, string version, string pathAndQuery, UserInfo user, CancellationToken cancellationToken);

    /// <summary>Checks whether the server that an APIService names serves the version.</summary>
    /// <returns>Null if it does; otherwise why it does not.</returns>
    Task<string?> ProbeAsync(V1APIService api, CancellationToken cancellationToken);
}
