namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>A database that is not there, or does not answer. With a silo of their own, so that they run beside the others.</summary>
public sealed class DatabaseAwayTests(SiloInTrouble cluster) : DatabaseTroubleTests(cluster), IClassFixture<SiloInTrouble>
{
    [Fact]
    public Task Database_Stopped_RefusesWritesAndRecovers() => EndureAsync(
        "PostgreSQL at 127.0.0.1:", () => Server.StopAsync(), () => Server.RestartAsync(Cancellation));

    [Fact]
    public async Task Database_WhoseLogHasNoSpace_RefusesWritesAndRecovers()
    {
        Assert.SkipWhen(Cluster.LogDisk is null, "mounting a small disk is not allowed here");

        // The server ends itself, and cannot start again before somebody has made room.
        await EndureAsync(
            "PostgreSQL at 127.0.0.1:",
            () => RunAsync(Cluster.LogDisk.Fill),
            async () =>
            {
                Cluster.LogDisk.Empty();
                await Server.RestartAsync(Cancellation);
            });
    }

    [Fact]
    public async Task Database_ThatDoesNotAnswer_RefusesWritesAndRecovers()
    {
        PostgreSqlRequired();
        await EndureAsync("did not answer", () => RunAsync(Cluster.Silo.Proxy.Stall), () => RunAsync(Cluster.Silo.Proxy.Resume));
    }
}
