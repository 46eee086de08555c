using OrleansOrchestrator.EndToEnd.Tests.Commands;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>A cluster whose pods only seem to run, shared by the tests that are about the API.</summary>
public sealed class HollowCluster : IAsyncLifetime
{
    internal DevCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // Without kubectl its tests are skipped, and nothing needs to run.
        if (Kubectl.Missing is null)
            Cluster = await DevCluster.StartAsync("hollow", "--nodes", "2");
    }

    public async ValueTask DisposeAsync()
    {
        if (Cluster is not null)
            await Cluster.DisposeAsync();
    }
}
