using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>A cluster for the tests of one class, started by the first of them.</summary>
public abstract class RuntimeCluster : IAsyncDisposable
{
    private DevCluster? _cluster;

    /// <summary>The runtime's name for <c>--runtime</c>.</summary>
    protected abstract string Runtime { get; }

    /// <summary>The image that hello's pods use.</summary>
    internal virtual string Image => "busybox:1.36";

    internal DevCluster Cluster => _cluster!;

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
        _cluster = await DevCluster.StartAsync(Runtime);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Does what must be done before the cluster starts.</summary>
    private protected virtual Task PrepareAsync() => Task.CompletedTask;
}
