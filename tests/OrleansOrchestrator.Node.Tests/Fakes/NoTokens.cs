using k8s.Models;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>Gives no tokens.</summary>
internal sealed class NoTokens : ITokenSource
{
    public Task<string> GetTokenAsync(V1Pod pod, V1ServiceAccountTokenProjection wanted, CancellationToken cancellationToken) =>
        throw new ConfigurationException("there are no tokens");

    public void Forget(string podUid)
    {
    }
}
