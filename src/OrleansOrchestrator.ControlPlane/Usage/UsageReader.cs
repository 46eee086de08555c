using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Statistics;

namespace OrleansOrchestrator.ControlPlane.Usage;

/// <summary>
/// Reads what nodes use, when somebody asks. Only the nodes in question are asked, each by one call at a time, whose answer serves all
/// who ask within a moment. A node that is not ready is not asked, and one that does not answer is left out.
/// </summary>
internal sealed partial class UsageReader(IEnumerable<INodeStatistics> statistics, UsageOptions options, TimeProvider time, ILogger<UsageReader> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Answer> _answers = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _calls = new(options.NodesAtOnceMax, options.NodesAtOnceMax);

    // A process without a gateway cannot call daemons.
    private readonly INodeStatistics? _statistics = statistics.LastOrDefault();

    /// <summary>Asks nodes.</summary>
    /// <returns>Those that answer in time, with their answers. A node may say anything of another one.</returns>
    public async Task<IReadOnlyList<(V1Node Node, StatsSummary Summary)>> ReadAsync(IEnumerable<V1Node> nodes, CancellationToken cancellationToken)
    {
        List<V1Node> asked = [.. nodes.Where(IsReady)];
        var answers = await Task.WhenAll(AskAll(asked)).WaitAsync(cancellationToken);
        return [.. asked.Zip(answers).Where(one => one.Second is not null).Select(one => (one.First, one.Second!))];
    }

    private static bool IsReady(V1Node node) => node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) is true;

    private List<Task<StatsSummary?>> AskAll(List<V1Node> nodes)
    {
        lock (_gate)
        {
            ForgetOld();
            return nodes.ConvertAll(AskAsync);
        }
    }

    private Task<StatsSummary?> AskAsync(V1Node node)
    {
        if (_answers.TryGetValue(node.Metadata.Name, out var known) && known.NodeUid == node.Metadata.Uid)
            return known.Summary;
        var answer = new Answer(node.Metadata.Uid, time.GetTimestamp(), CallAsync(node));
        _answers[node.Metadata.Name] = answer;
        return answer.Summary;
    }

    private void ForgetOld()
    {
        foreach (var (node, answer) in _answers)
        {
            if (answer.Summary.IsCompleted && time.GetElapsedTime(answer.AskedAt) >= options.FreshFor)
                _answers.Remove(node);
        }
    }

    // Whoever asked first may give up; others may still wait for the answer.
    private async Task<StatsSummary?> CallAsync(V1Node node)
    {
        if (_statistics is null)
            return null;
        await Task.Yield();
        try
        {
            // Nobody waits for longer. Behind many silent nodes, those whose turn does not come are left out as well.
            using var turn = new CancellationTokenSource(options.MetricWithin, time);
            await _calls.WaitAsync(turn.Token);
            try
            {
                using var limit = new CancellationTokenSource(options.AnswerWithin, time);
                return await _statistics.ReadAsync(node, limit.Token);
            }
            finally
            {
                _calls.Release();
            }
        }
        catch (Exception failure) when (failure is ApiException or OperationCanceledException)
        {
            LogSilent(node.Metadata.Name, failure.Message);
            return null;
        }
    }

    private sealed record Answer(string NodeUid, long AskedAt, Task<StatsSummary?> Summary);

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} does not tell what it uses: {Why}")]
    private partial void LogSilent(string node, string why);
}
