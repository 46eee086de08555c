using System.Security.Cryptography;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>A cluster whose pods run, shared by tests and started by the first of them.</summary>
public abstract class RuntimeCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-cluster-").FullName;
    private DevCluster? _cluster;
    private HelloSample? _hello;

    /// <summary>The namespace of the sample, which nothing else on this machine has.</summary>
    internal string Space { get; } = "e2e-" + RandomNumberGenerator.GetHexString(8, lowercase: true);

    /// <summary>The runtime's name for <c>--runtime</c>.</summary>
    protected abstract string Runtime { get; }

    /// <summary>The image that hello's pods use.</summary>
    internal virtual string Image => "busybox:1.36";

    internal DevCluster Cluster => _cluster!;

    /// <summary>The folder from which the cluster's node takes static pods.</summary>
    internal string StaticPods => Path.Combine(_folder, "static-pods");

    /// <summary>Where the cluster serves ingresses.</summary>
    internal int IngressPort { get; } = FreePorts.Next();

    /// <summary>Why the runtime cannot be used here, or null if it can.</summary>
    internal virtual Task<string?> FindMissingAsync() => Task.FromResult<string?>(null);

    /// <summary>Ends a container's main process, as a crash would.</summary>
    internal abstract Task KillContainerAsync(string containerId, int processId);

    /// <summary>Starts the cluster, unless it runs already.</summary>
    internal async Task StartAsync()
    {
        if (_cluster is not null)
            return;

        await PrepareAsync();
        var config = Path.Combine(_folder, "config.yaml");
        await File.WriteAllTextAsync(config, $"node: {{staticPodPath: {StaticPods}}}\ningress: {{httpPort: {IngressPort}}}");
        Directory.CreateDirectory(StaticPods);
        _cluster = await DevCluster.StartAsync(Runtime, "--config", config);
    }

    /// <summary>Starts the cluster and the sample, unless they run already, and waits until its three pods are ready.</summary>
    internal async Task<HelloSample> StartHelloAsync()
    {
        await StartAsync();
        if (_hello is null)
        {
            _hello = new HelloSample(Cluster, Space);
            await _hello.ApplyAsync(Image);
        }

        await _hello.WaitForReadyPodsAsync(3);
        return _hello;
    }

    /// <summary>Deletes the sample's namespace, with which its objects, processes and containers must go, and ends the cluster.</summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        try
        {
            await EndAsync();
        }
        finally
        {
            LeftMounts.Delete(_folder);
        }
    }

    private async Task EndAsync()
    {
        if (_cluster is null)
            return;
        try
        {
            if (_hello is not null)
                await EndHelloAsync();
        }
        finally
        {
            await _cluster.DisposeAsync();
        }
    }

    private async Task EndHelloAsync()
    {
        await Cluster.Kubectl.RunAsync("delete", "namespace", Space, "--timeout=60s");
        (await Cluster.Api.ListAsync("/api/v1/pods")).ShouldNotContain(pod => (string?)pod["metadata"]!["namespace"] == Space);
        await Eventually.PassesAsync(async () => (await Leftovers.FindAsync(Space)).ShouldBeEmpty());
    }

    /// <summary>Does what must be done before the cluster starts.</summary>
    private protected virtual Task PrepareAsync() => Task.CompletedTask;
}
