using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>The cluster of README: three silos on a PostgreSQL server, and three nodes that know one of them each.</summary>
internal sealed class ThreeSilos : IAsyncDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _suffix;
    private readonly string[] _siloArguments;
    private readonly int?[] _ports = new int?[3];
    private string _database = "";

    private ThreeSilos(PostgreSqlServer server, string suffix, string[] siloArguments) => (Server, _suffix, _siloArguments) = (server, suffix, siloArguments);

    public PostgreSqlServer Server { get; }

    public Member[] Silos { get; } = new Member[3];

    public List<Member> Nodes { get; } = [];

    /// <summary>Starts the cluster.</summary>
    /// <param name="server">Its database, which ends with it.</param>
    /// <param name="suffix">What tells its nodes from those of others.</param>
    /// <param name="siloArguments">What its silos are told besides.</param>
    public static async Task<ThreeSilos> StartAsync(PostgreSqlServer server, string suffix, params string[] siloArguments)
    {
        var cluster = new ThreeSilos(server, suffix, siloArguments);
        try
        {
            cluster._database = await cluster.Server.CreateDatabaseAsync("cluster", TestContext.Current.CancellationToken);
            await cluster.StartSiloAsync(0);
            await Task.WhenAll(cluster.StartSiloAsync(1), cluster.StartSiloAsync(2));
            for (var i = 0; i < 3; i++)
            {
                var data = cluster._scratch.At($"node{i}");
                cluster.Nodes.Add(Member.Launch(data, "node", "--kubeconfig", cluster.Silos[i].KubeConfig, "--name", cluster.NameOf(i), "--runtime", "process"));
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public string NameOf(int node) => $"node{node}-{_suffix}";

    /// <summary>Starts a silo, again if it has run before, on the port that its kubeconfig names.</summary>
    public async Task StartSiloAsync(int i)
    {
        Silos[i] = await Member.StartAsync(_scratch.At($"silo{i}"), [
            "silo", "--postgres", _database, "--port", $"{PortOf(i)}", "--silo-port", "0", "--cluster", "three",
            .. _siloArguments]);
    }

    /// <summary>The silo that opened the store of a resource last. Needs their logs at the level Information.</summary>
    public int OwnerOf(string resource) => StoreLog.OwnerOf(resource, Silos);

    /// <summary>The port of a silo's API.</summary>
    public int PortOf(int silo) => _ports[silo] ??= FreePorts.Next();

    public Kubectl KubectlOf(int silo) => new(Silos[silo].KubeConfig, _scratch.At("home"));

    public string Describe() => string.Join('\n', Silos.Concat(Nodes).OfType<Member>().Select(member => member.Describe()));

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Nodes.Concat(Silos).OfType<Member>())
            await member.DisposeAsync();
        await Server.DisposeAsync();
        _scratch.Dispose();
    }
}
