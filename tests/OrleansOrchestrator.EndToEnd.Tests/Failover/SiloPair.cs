using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>Two silos on a PostgreSQL server of their own, shared by tests that end one or both of them.</summary>
public sealed class SiloPair : IAsyncDisposable
{
    private readonly Scratch _scratch = new();
    private string _database = "";

    internal PostgreSqlServer Server { get; private set; } = null!;

    internal PairedSilo First { get; } = new("first");

    internal PairedSilo Second { get; } = new("second");

    /// <summary>Starts whatever does not run.</summary>
    internal async Task StartAsync()
    {
        if (Server is null)
        {
            Server = await PostgreSqlServer.StartAsync(TestContext.Current.CancellationToken);
            _database = await Server.CreateDatabaseAsync("cluster", TestContext.Current.CancellationToken);
        }

        foreach (var silo in new[] { First, Second })
        {
            await silo.StartAsync(_scratch, "silo", "--postgres", _database, "--port", "0", "--silo-port", "0", "--cluster", "pair", "--log-level", "information");
        }
    }

    /// <summary>The silo that has the store of a resource, and the other one.</summary>
    internal (PairedSilo Owner, PairedSilo Other) ByStoreOf(string resource) =>
        StoreLog.OwnerOf(resource, [First.Member, Second.Member]) == 0 ? (First, Second) : (Second, First);

    /// <summary>A kubectl for one of the silos.</summary>
    internal Kubectl KubectlOf(PairedSilo silo) => new(silo.Member.KubeConfig, _scratch.At("home"));

    internal string Describe() => First.Member?.Describe() + Second.Member?.Describe();

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in new[] { Second, First })
            await silo.DisposeAsync();
        if (Server is not null)
            await Server.DisposeAsync();
        _scratch.Dispose();
    }
}

/// <summary>One of two silos, which may end and be started again.</summary>
internal sealed class PairedSilo(string name) : IAsyncDisposable
{
    public Member Member { get; private set; } = null!;

    /// <summary>Its API; another one after each start, because the port changes.</summary>
    public ApiConnection Api { get; private set; } = null!;

    /// <summary>Starts it, unless it runs.</summary>
    public async Task StartAsync(Scratch scratch, params string[] arguments)
    {
        if (Member is { HasEnded: false })
            return;
        await DisposeAsync();
        Member = await Member.StartAsync(scratch.At(name), arguments);
        Api = new ApiConnection(Member.KubeConfig, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        Api?.Dispose();
        if (Member is not null)
            await Member.DisposeAsync();

        // If it does not start again, the tests that follow try it anew.
        Member = null!;
    }
}
