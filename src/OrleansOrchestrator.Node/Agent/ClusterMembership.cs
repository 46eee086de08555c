using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>Which cluster a daemon belongs to: the uid of the namespace <c>kube-system</c>, kept on disk for starts without the API.</summary>
internal sealed partial class ClusterMembership(ClusterConnection api, string dataDirectory, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    // Nothing is fenced and no peer asked before; while the control plane is away, pods have seconds left.
    private static readonly TimeSpan AnswerTimeIfKnown = TimeSpan.FromSeconds(0.5);

    private readonly ILogger _logger = logger;
    private readonly string _file = Path.Combine(dataDirectory, "cluster-id");
    private readonly RetryDelay _delay = new(ApiServers.Retries, Random.Shared);

    /// <summary>The id as it was at the last start with this data folder, or null.</summary>
    public string? Former { get; } = ReadFile(Path.Combine(dataDirectory, "cluster-id"));

    /// <summary>Finds out; without an answer it is what it was. A data folder that was never in a cluster waits for its first answer.</summary>
    public Task<string> FindAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.UntilAsync("cluster membership", AskAsync, () => _delay.Next(), timeProvider, _logger, cancellationToken);

    private async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(Former is null ? AnswerTime : AnswerTimeIfKnown);
            return (await api.GetAsync<V1Namespace>(ResourcePath.SystemNamespace, timeout.Token)).Metadata.Uid;
        }
        catch (Exception exception) when (Reflector<V1Namespace>.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            if (Former is not null)
                return Former;
            LastFault = exception.Message;
            LogUnknown(exception.Message);
            return null;
        }
    }

    /// <summary>Why the API has not told it yet; null before it has been asked.</summary>
    public string? LastFault { get; private set; }

    /// <summary>From now on the data folder belongs to this cluster, and nothing of another one is left.</summary>
    public void Keep(string cluster)
    {
        File.WriteAllText(_file + ".new", cluster);
        File.Move(_file + ".new", _file, overwrite: true);
    }

    private static string? ReadFile(string path) => File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } id ? id : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "The node waits for the API: it must learn which cluster it belongs to ({Reason})")]
    private partial void LogUnknown(string reason);
}
