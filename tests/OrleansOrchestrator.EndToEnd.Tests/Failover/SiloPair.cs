using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>Two silos on a PostgreSQL server of their own.</summary>
internal sealed class SiloPair : IAsyncDisposable
{
    private readonly Scratch _scratch = new();

    private SiloPair(PostgreSqlServer server) => Server = server;

    public PostgreSqlServer Server { get; }

    public Member First { get; private set; } = null!;

    public Member Second { get; private set; } = null!;

    public ApiConnection FirstApi { get; private set; } = null!;

    public ApiConnection SecondApi { get; private set; } = null!;

    public static async Task<SiloPair> StartAsync()
    {
        var pair = new SiloPair(await PostgreSqlServer.StartAsync(TestContext.Current.CancellationToken));
        try
        {
            var database = await pair.Server.CreateDatabaseAsync("cluster", TestContext.Current.CancellationToken);
            pair.First = await pair.StartSiloAsync("first", database);
            pair.Second = await pair.StartSiloAsync("second", database);
            pair.FirstApi = new ApiConnection(pair.First.KubeConfig, TestContext.Current.CancellationToken);
            pair.SecondApi = new ApiConnection(pair.Second.KubeConfig, TestContext.Current.CancellationToken);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>A kubectl for one of the silos.</summary>
    public Kubectl KubectlOf(Member silo) => new(silo.KubeConfig, _scratch.At("home"));

    public string Describe() => First?.Describe() + Second?.Describe();

    public async ValueTask DisposeAsync()
    {
        FirstApi?.Dispose();
        SecondApi?.Dispose();
        foreach (var silo in new[] { Second, First }.OfType<Member>())
            await silo.DisposeAsync();
        await Server.DisposeAsync();
        _scratch.Dispose();
    }

    private Task<Member> StartSiloAsync(string name, string database) =>
        Member.StartAsync(_scratch.At(name), "silo", "--postgres", database, "--port", "0", "--silo-port", "0", "--cluster", "pair");
}
