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
        await cluster.Kubectl.RunAsync("delete", "namespace", UniqueName, "--timeout=40s");
    }

    [Fact]
    public async Task Restart_AfterKill_KeepsEveryAcknowledgedWrite()
    {
        var cluster = await StartDevAsync("hollow");
        await cluster.Kubectl.RunAsync("create", "namespace", UniqueName);
        var names = Enumerable.Range(0, 50).Select(index => $"map-{index:00}").ToList();
        foreach (var name in names)
        {
            var answer = await cluster.Api.SendAsync(
                HttpMethod.Post, $"/api/v1/namespaces/{UniqueName}/configmaps", $$$"""{"metadata":{"name":"{{{name}}}"},"data":{"key":"{{{name}}}"}}""");
            answer.Code.ShouldBe(System.Net.HttpStatusCode.Created, answer.Body);
        }

        await cluster.Member.KillAsync();
        await cluster.StartAsync();

        var kept = await cluster.Api.ListAsync($"/api/v1/namespaces/{UniqueName}/configmaps");
        kept.Select(item => (string)item["data"]!.AsObject().First().Value!).Where(value => value.StartsWith("map-", StringComparison.Ordinal)).ShouldBe(names);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Stop_BySignal_EndsQuietlyAndInTime(string signal)
    {
        var cluster = await StartDevAsync("hollow");
        var kubeConfig = cluster.Member.KubeConfig;
        File.GetUnixFileMode(kubeConfig).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await OrchestratorProgram.RunAsync(["kubeconfig", "--data", cluster.DataFolder])).Output.ShouldBe(await File.ReadAllTextAsync(kubeConfig, Cancelled));

        await cluster.Member.StopAsync(signal);
    }

    /// <summary>What must not change by a restart: which objects there are.</summary>
    private async Task<IReadOnlyList<string>> IdentitiesAsync(DevCluster cluster) =>
        (await cluster.Kubectl.RunAsync("get", "rc,services,configmaps,pods", "-n", UniqueName, "-o", "jsonpath={range .items[*]}{.kind}/{.metadata.name}/{.metadata.uid}{\"\\n\"}{end}")).Lines;
}
