using OrleansOrchestrator.Consistency.Tests.Histories;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Clients;

/// <summary>What a client notes is what it knows.</summary>
public sealed class ConfigMapClientTests
{
    [Fact]
    public async Task Deletion_WhoseServerDies_MayHaveHappened()
    {
        var end = TestContext.Current.CancellationToken;
        using var scratch = new Scratch();
        using var server = new DyingServer();
        using var connection = new ApiConnection(server.WriteKubeConfig(scratch), end);
        var client = new ConfigMapClient(1, "it", new Recorder(), () => 0);
        var life = server.RunAsync(end);

        (await client.GetAsync(connection, "k")).Outcome.ShouldBe(Outcome.Absent);
        (await client.DeleteAsync(connection, "k")).Outcome.ShouldBe(Outcome.Unknown);
        (await client.DeleteAsync(connection, "k")).Outcome.ShouldBe(Outcome.Refused);
        await life;
    }
}
