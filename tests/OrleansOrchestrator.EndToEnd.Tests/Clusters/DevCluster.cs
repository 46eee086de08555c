using OrleansOrchestrator.EndToEnd.Tests.Commands;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>A cluster in one process on a fresh data folder, with a kubectl of its own.</summary>
internal sealed class DevCluster : IAsyncDisposable
{
    private readonly Scratch _scratch;
    private readonly string[] _arguments;
    private ApiConnection? _api;

    private DevCluster(Scratch scratch, string[] arguments)
    {
        _scratch = scratch;
        _arguments = arguments;
        DataFolder = scratch.At("data");
        Kubectl = new Kubectl(Path.Combine(DataFolder, "kubeconfig"), scratch.At("home"));
    }

    public string DataFolder { get; }

    public Kubectl Kubectl { get; }

    public ApiConnection Api => _api ??= new ApiConnection(Member.KubeConfig, TestContext.Current.CancellationToken);

    public Member Member { get; private set; } = null!;

    /// <summary>Starts <c>orchestrator dev</c> and waits until it is ready.</summary>
    public static async Task<DevCluster> StartAsync(string runtime, params string[] arguments)
    {
        var cluster = new DevCluster(new Scratch(), ["dev", "--port", "0", "--runtime", runtime, .. arguments]);
        try
        {
            await cluster.StartAsync();
            return cluster;
        }
        catch
        {
            cluster._scratch.Dispose();
            throw;
        }
    }

    /// <summary>Starts the process, again if it has run before.</summary>
    public async Task StartAsync()
    {
        // The port changes, and with it what was known of the API.
        _api?.Dispose();
        _api = null;
        Member = await Member.StartAsync(DataFolder, _arguments);
    }

    /// <summary>What helps to understand a failure.</summary>
    public async Task<string> DescribeAsync()
    {
        var objects = Member.HasEnded ? "" : (await Kubectl.TryAsync("get", "events,pods", "-A", "-o", "wide")).Text;
        return $"{Member.Describe()}\n{objects}";
    }

    /// <summary>Stops the process and expects that nothing of it is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _api?.Dispose();
        try
        {
            if (!Member.HasEnded)
                await Member.StopAsync();
            (await Leftovers.FindAsync(_scratch.Folder)).ShouldBeEmpty();
            Directory.GetFiles(DataFolder, "kubeconfig*").ShouldBe([Member.KubeConfig], "only the kubeconfig itself may stay");
        }
        finally
        {
            await Member.DisposeAsync();
            await Leftovers.RemoveAsync(_scratch.Folder);
            _scratch.Dispose();
        }
    }
}
