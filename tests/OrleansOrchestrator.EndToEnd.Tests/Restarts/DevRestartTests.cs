using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Workloads;

namespace OrleansOrchestrator.EndToEnd.Tests.Restarts;

[Collection(typeof(PodsCollection))]
public sealed class DevRestartTests : EndToEndTest
{
    [Fact]
    public async Task Restart_OfDev_KeepsObjectsAndStartsPodsAgain()
    {
        var cluster = await StartDevAsync("process");
        var hello = new HelloSample(cluster, UniqueName);
        await hello.ApplyAsync("any");
        await hello.WaitForReadyPodsAsync(3);
        await cluster.Kubectl.RunAsync("create", "configmap", "kept", "--from-literal", "key=value", "-n", UniqueName);
        var before = await IdentitiesAsync(cluster);
        var address = await hello.ServiceAddressAsync();

        await cluster.Member.StopAsync();
        (await Leftovers.FindAsync(UniqueName)).ShouldBeEmpty("its pods stop with dev");
        await cluster.StartAsync();

        var pods = await hello.WaitForReadyPodsAsync(3);
        (await IdentitiesAsync(cluster)).ShouldBe(before);
        (await hello.ServiceAddressAsync()).ShouldBe(address);
        await hello.WaitForAnswersFromAsync([.. pods.Select(HelloSample.NameOf)]);
        await cluster.Kubectl.RunAsync("delete", "namespace", UniqueName, "--timeout=60s");
    }

    /// <summary>What must not change by a restart: which objects there are.</summary>
    private async Task<IReadOnlyList<string>> IdentitiesAsync(DevCluster cluster) =>
        (await cluster.Kubectl.RunAsync("get", "rc,services,configmaps,pods", "-n", UniqueName, "-o", "jsonpath={range .items[*]}{.kind}/{.metadata.name}/{.metadata.uid}{\"\\n\"}{end}")).Lines;
}
