using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>A silo whose database does not do what it should.</summary>
public abstract class DatabaseTroubleTests(SiloInTrouble cluster)
{
    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected SiloInTrouble Cluster => cluster;

    private protected PostgreSqlServer Server => cluster.Server;

    private protected TroubleTrial Trial => new(cluster.Api, () => cluster.Silo.Log);

    private protected static void PostgreSqlRequired() => Assert.SkipWhen(PostgreSqlServer.Missing is not null, PostgreSqlServer.Missing ?? "");

    private protected static Task RunAsync(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private protected async Task EndureAsync(string words, Func<Task> begin, Func<Task> end)
    {
        PostgreSqlRequired();
        await Trial.EndureAsync(words, begin, end);
        cluster.Silo.IsRunning.ShouldBeTrue("no restart is needed");
    }
}
