using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>A test on the shared hollow cluster, in a namespace of its own.</summary>
[Collection(typeof(HollowCollection))]
public abstract class HollowTest(HollowCluster hollow) : EndToEndTest
{
    private protected DevCluster Cluster => hollow.Cluster;

    private protected Kubectl Kubectl => hollow.Cluster.Kubectl;

    private protected ApiConnection Api => hollow.Cluster.Api;

    /// <summary>The path of the namespace in the core API.</summary>
    private protected string Space => $"/api/v1/namespaces/{UniqueName}";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        OnFailure(Cluster.DescribeAsync);
        await OwnNamespaceAsync(Api);
    }

    /// <summary>Runs kubectl in the test's namespace.</summary>
    private protected Task<CommandResult> RunAsync(params string[] arguments) => Kubectl.RunAsync(["-n", UniqueName, .. arguments]);

    /// <summary>Runs kubectl in the test's namespace; it may fail.</summary>
    private protected Task<CommandResult> TryAsync(params string[] arguments) => Kubectl.TryAsync(["-n", UniqueName, .. arguments]);

    /// <summary>Applies a manifest in the test's namespace.</summary>
    private protected Task<CommandResult> ApplyAsync(string manifest) =>
        Kubectl.RunWithInputAsync(manifest, "apply", "-n", UniqueName, "-f", "-");

    /// <summary>Makes pods of a ReplicationController, and waits until they are ready.</summary>
    private protected async Task CreateReplicasAsync(string name, int replicas)
    {
        await ApplyAsync(Manifests.ReplicationController(name, replicas));
        await Eventually.PassesAsync(async () =>
        {
            var controller = await Api.GetAsync($"{Space}/replicationcontrollers/{name}");
            ((int?)controller["status"]?["readyReplicas"]).ShouldBe(replicas);
        });
    }
}
