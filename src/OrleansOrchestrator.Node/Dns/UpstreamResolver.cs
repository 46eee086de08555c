using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Finds names outside the cluster: in the cache, or at the upstream servers, one after the other.</summary>
/// <remarks>
/// Those who ask the same at the same time share a question. So a loop of servers that ask each other ends: the question that comes back
/// waits for itself, until its time is over.
/// </remarks>
internal sealed class UpstreamResolver : IAsyncDisposable
{
    private readonly UpstreamServers _servers;
    private readonly UpstreamClient _client;
    private readonly UpstreamCache _cache;
    private readonly int _questionsMax;
    private readonly Lock _gate = new();
    private readonly Dictionary<UpstreamQuestion, Task<UpstreamAnswer?>> _asked = [];
    private readonly CancellationTokenSource _stop = new();

    public UpstreamResolver(UpstreamServers servers, NodeAgentOptions options, TimeProvider time)
    {
        _servers = servers;
        _client = new UpstreamClient(options.DnsUpstreamTimeout);
        _cache = new UpstreamCache(options.DnsCacheBytesMax, options.DnsCacheTtlMax, options.DnsNegativeTtlMax, time);
        _questionsMax = options.DnsUpstreamQueriesMax;
    }

    /// <summary>A known answer and its age; null if somebody has to be asked.</summary>
    public (UpstreamAnswer Answer, TimeSpan Age)? Find(UpstreamQuestion question) => _cache.Find(question);

    /// <summary>Asks, unless too many questions are open.</summary>
    /// <returns>Null if no server has answered.</returns>
    public Task<UpstreamAnswer?> AskAsync(UpstreamQuestion question)
    {
        lock (_gate)
        {
            if (_asked.TryGetValue(question, out var asked))
                return asked;
            if (_asked.Count >= _questionsMax || _stop.IsCancellationRequested)
                return Task.FromResult<UpstreamAnswer?>(null);

            // Not here: the question must be in the table before it can leave it.
            var asking = Task.Run(() => AskServersAsync(question));
            _asked[question] = asking;
            return asking;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        List<Task> open;
        lock (_gate)
        {
            _stop.Cancel();
            open = [.. _asked.Values];
        }

        await Task.WhenAll(open);
        _stop.Dispose();
    }

    private async Task<UpstreamAnswer?> AskServersAsync(UpstreamQuestion question)
    {
        try
        {
            UpstreamAnswer? last = null;
            foreach (var server in _servers.InOrder())
            {
                if (await _client.AskAsync(server, question, _stop.Token) is not { } answer)
                {
                    _servers.Failed(server);
                    continue;
                }

                _servers.Answered(server);
                last = answer;
                if (!answer.IsDefinite)
                    continue;
                _cache.Keep(question, answer);
                break;
            }

            return last;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        finally
        {
            lock (_gate)
                _asked.Remove(question);
        }
    }
}
