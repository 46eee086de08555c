using System.Collections.Concurrent;
using k8s.Models;

namespace OrleansOrchestrator.Node.Hooks;

/// <summary>The <c>preStop</c> hooks of one pod that run or have run. The pod's worker does not wait for them.</summary>
/// <param name="action">Runs a hook.</param>
/// <param name="ended">Called when a hook has ended.</param>
internal sealed class PodHooks(HookAction action, Action ended) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, bool> _ended = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Task Run, CancellationTokenSource Stop)> _hooks = new(StringComparer.Ordinal);

    /// <summary>The containers whose hook has ended, by id.</summary>
    public IReadOnlySet<string> Ended => _ended.Keys.ToHashSet(StringComparer.Ordinal);

    /// <summary>Begins a hook, unless it was begun.</summary>
    /// <param name="hook">The hook.</param>
    /// <param name="container">The container's spec.</param>
    /// <param name="containerId">Its id in the runtime.</param>
    /// <param name="address">The pod's address.</param>
    /// <param name="failed">Called with the failure if there is one.</param>
    public void Begin(V1LifecycleHandler hook, V1Container container, string containerId, string address, Action<string> failed)
    {
        if (_hooks.ContainsKey(containerId))
            return;
        var stop = new CancellationTokenSource();
        _hooks[containerId] = (RunAsync(hook, container, containerId, address, failed, stop.Token), stop);
    }

    /// <summary>Ends the hooks of containers that do not run any more.</summary>
    /// <param name="running">The ids of the containers that run.</param>
    public async Task SyncAsync(IReadOnlyCollection<string> running)
    {
        foreach (var id in _hooks.Keys.Except(running, StringComparer.Ordinal).ToList())
            await EndAsync(id);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _hooks.Keys.ToList())
            await EndAsync(id);
    }

    private async Task EndAsync(string id)
    {
        _hooks.Remove(id, out var hook);
        await hook.Stop.CancelAsync();
        await hook.Run;
        hook.Stop.Dispose();
        _ended.TryRemove(id, out _);
    }

    private async Task RunAsync(
        V1LifecycleHandler hook, V1Container container, string containerId, string address, Action<string> failed, CancellationToken cancellationToken)
    {
        try
        {
            if (await action.RunAsync(hook, container, containerId, address, cancellationToken) is { } failure)
                failed(failure);
            _ended[containerId] = true;
            ended();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The container has ended, and whatever its hook did with it.
        }
    }
}
