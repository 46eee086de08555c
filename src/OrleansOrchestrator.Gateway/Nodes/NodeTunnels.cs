using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>The unused tunnels at this gateway by node. Each serves one connection.</summary>
internal sealed class NodeTunnels(GatewayOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);

    /// <summary>Whether there is an unused tunnel of a node.</summary>
    public bool Has(string node)
    {
        lock (_lock)
            return _nodes.TryGetValue(node, out var known) && known.Idle.Count > 0;
    }

    /// <summary>Holds a tunnel until it is used, and waits until it has ended.</summary>
    /// <exception cref="ApiException">429: the node has offered too many tunnels.</exception>
    public async Task OfferAsync(string node, TunnelStream tunnel, CancellationToken cancellationToken)
    {
        Add(node, tunnel);
        try
        {
            await tunnel.Ended.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                if (_nodes.TryGetValue(node, out var known))
                {
                    known.Idle.Remove(tunnel);
                    ForgetIfEmpty(node, known);
                }
            }
        }
    }

    /// <summary>Takes a tunnel of a node, or waits for one.</summary>
    public async Task<TunnelStream> TakeAsync(string node, CancellationToken cancellationToken)
    {
        TaskCompletionSource<TunnelStream> waiting;
        lock (_lock)
        {
            if (!_nodes.TryGetValue(node, out var known))
                _nodes[node] = known = new Node();
            while (known.Idle.Count > 0)
            {
                var tunnel = known.Idle[0];
                known.Idle.RemoveAt(0);
                if (!tunnel.Ended.IsCompleted)
                    return tunnel;
            }

            waiting = new TaskCompletionSource<TunnelStream>(TaskCreationOptions.RunContinuationsAsynchronously);
            known.Waiting.AddLast(waiting);
        }

        await using var giveUp = cancellationToken.Register(() =>
        {
            lock (_lock)
            {
                if (_nodes.TryGetValue(node, out var known))
                {
                    known.Waiting.Remove(waiting);
                    ForgetIfEmpty(node, known);
                }
            }

            waiting.TrySetCanceled(cancellationToken);
        });
        return await waiting.Task;
    }

    private void Add(string node, TunnelStream tunnel)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(node, out var known))
                _nodes[node] = known = new Node();
            while (known.Waiting.First is { } first)
            {
                known.Waiting.RemoveFirst();
                if (first.Value.TrySetResult(tunnel))
                    return;
            }

            if (known.Idle.Count >= options.NodeTunnelsIdleMax)
                throw ApiErrors.TooManyRequests("the node has as many tunnels open as it may", options.RetryAfterSeconds);
            known.Idle.Add(tunnel);
        }
    }

    private void ForgetIfEmpty(string name, Node node)
    {
        if (node.Idle.Count == 0 && node.Waiting.Count == 0)
            _nodes.Remove(name);
    }

    private sealed class Node
    {
        public List<TunnelStream> Idle { get; } = [];

        public LinkedList<TaskCompletionSource<TunnelStream>> Waiting { get; } = new();
    }
}
