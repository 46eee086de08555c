using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Gets tokens of service accounts for pods.</summary>
internal interface ITokenSource
{
    /// <summary>A token that is valid for a while yet.</summary>
    /// <param name="pod">The pod, to which the token is bound.</param>
    /// <param name="wanted">Whom it is for, and how long it is to be valid.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<string> GetTokenAsync(V1Pod pod, V1ServiceAccountTokenProjection wanted, CancellationToken cancellationToken);

    /// <summary>Forgets the tokens of a pod that is gone.</summary>
    void Forget(string podUid);
}
