using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Restarts;

/// <summary>How <c>dev</c> ends, and what is there after a crash.</summary>
public sealed class DevStopTests : EndToEndTest
{
    // It takes a second, and users are promised five; a busy machine may need longer.
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Dev_KilledInterruptedAndTerminatedInTurn_KeepsEveryAcknowledgedWriteAndEndsQuietlyInTime()
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
        var kubeConfig = cluster.Member.KubeConfig;
        File.GetUnixFileMode(kubeConfig).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await OrchestratorProgram.RunAsync(["kubeconfig", "--data", cluster.DataFolder])).Output.ShouldBe(await File.ReadAllTextAsync(kubeConfig, Cancelled));

        (await cluster.Member.StopAsync("INT")).ShouldBeLessThan(StopsWithin);
        await cluster.StartAsync();
        (await cluster.Member.StopAsync("TERM")).ShouldBeLessThan(StopsWithin);
    }
}
