using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>The cluster of a daemon: the uid of the namespace <c>kube-system</c>, kept on disk for starts without the API.</summary>
internal sealed partial class ClusterMembership(ClusterConnection api, string dataDirectory, TimeProvider timeProvider, ILogger logger)
{
    // The first start may wait: it has no pods to guard.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    // No fencing and no vote happens before the answer, and while the control plane is away, pods may have only seconds left.
    private static readonly TimeSpan AnswerTimeIfKnown = TimeSpan.FromSeconds(0.5);

    private readonly ILogger _logger = logger;
    private readonly string _file = Path.Combine(dataDirectory, "cluster-id");
    private readonly string _provisionalFile = Path.Combine(dataDirectory, "provisional-id");
    private readonly RetryDelay _delay = new(ApiServers.Retries, Random.Shared);

    /// <summary>The cluster's id at the last start with this data folder, or null.</summary>
    public string? Former { get; } = ReadFile(Path.Combine(dataDirectory, "cluster-id"));

    /// <summary>Asks the API for the cluster's id. Without an answer it is the former one. A data folder that never was in a cluster
    /// waits for its first answer.</summary>
    public Task<string> FindAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.UntilAsync("cluster membership", AskAsync, () => _delay.Next(), timeProvider, _logger, cancellationToken);

    /// <summary>Asks the API once, for a node that has pods of its own to run meanwhile.</summary>
    /// <returns>The cluster's id; null if the data folder never was in a cluster and the API does not answer.</returns>
    public Task<string?> TryFindAsync(CancellationToken cancellationToken) => AskAsync(cancellationToken);

    /// <summary>The id by which this data folder marked containers before it knew its cluster; null if it never did.</summary>
    public string? Provisional => ReadFile(_provisionalFile);

    /// <summary>An id for containers until the cluster is known. It belongs to this data folder alone.</summary>
    public string MakeProvisional()
    {
        if (Provisional is { } present)
            return present;
        var made = $"provisional-{Guid.NewGuid():N}";
        Write(_provisionalFile, made);
        return made;
    }

    /// <summary>Forgets the provisional id, when no container has it any more.</summary>
    public void DropProvisional() => File.Delete(_provisionalFile);

    private async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(Former is null ? AnswerTime : AnswerTimeIfKnown);
            return (await api.GetAsync<V1Namespace>(ResourcePath.SystemNamespace, timeout.Token)).Metadata.Uid;
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            if (Former is not null)
                return Former;
            LastFault = exception.Message;
            LogUnknown(exception.Message);
            return null;
        }
    }

    /// <summary>Why the API has not answered yet; null before the first call.</summary>
    public string? LastFault { get; private set; }

    /// <summary>Records that the data folder belongs to this cluster, after nothing of another one is left.</summary>
    public void Keep(string cluster) => Write(_file, cluster);

    private static void Write(string file, string text)
    {
        // A daemon that is restarted has nothing new to write, and may have no room for it.
        if (ReadFile(file) == text)
            return;
        WholeFile.Write(file, text);
    }

    private static string? ReadFile(string path) => File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } id ? id : null;

    [LoggerMessage(Level = LogLevel.Information, Message = "The node waits for the API: it must learn which cluster it belongs to ({Reason})")]
    private partial void LogUnknown(string reason);
}
