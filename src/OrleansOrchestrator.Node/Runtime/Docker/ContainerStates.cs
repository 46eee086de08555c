using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>
/// Lists the node's containers every second, as the kubelet does, and tells of the pods whose containers are other than they were.
/// </summary>
/// <remarks>
/// The engine's event stream would tell sooner, but the client hands every event over only when the next one arrives, so that the
/// end of the last container would stay unknown.
/// </remarks>
internal sealed partial class ContainerStates(
    Func<CancellationToken, Task<IList<ContainerListResponse>>> list, Action<string> podChanged, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long the engine may not answer until the node says that it is not ready, as with the kubelet: its pods run on meanwhile.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Dictionary<string, string> _known = new(StringComparer.Ordinal);

    private long _answeredAt = timeProvider.GetTimestamp();
    private bool _isSilent;

    /// <summary>Why the engine has not answered for long, or null.</summary>
    public string? Fault { get; private set; }

    /// <summary>Lists until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("container states", ListOnceAsync, timeProvider, logger, cancellationToken);

    private async Task<TimeSpan?> ListOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CompareAsync(cancellationToken);
            if (_isSilent)
                LogAnswers();
            (_isSilent, Fault, _answeredAt) = (false, null, timeProvider.GetTimestamp());
        }
        catch (RuntimeException exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_isSilent)
                LogInterrupted(exception.Message);
            _isSilent = true;
            if (timeProvider.GetElapsedTime(_answeredAt) >= Patience)
                Fault = $"container runtime is down: {exception.Message}";
        }

        return Period;
    }

    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        var found = (await list(cancellationToken))
            .GroupBy(container => container.Labels[ContainerLabels.PodUid], StringComparer.Ordinal)
            .ToDictionary(pod => pod.Key, Fingerprint, StringComparer.Ordinal);
        var changed = found.Where(pod => _known.GetValueOrDefault(pod.Key) != pod.Value).Select(pod => pod.Key)
            .Concat(_known.Keys.Where(uid => !found.ContainsKey(uid)))
            .ToList();
        _known = found;
        foreach (var uid in changed)
            podChanged(uid);
    }

    private static string Fingerprint(IEnumerable<ContainerListResponse> containers) =>
        string.Join(' ', containers.Select(container => $"{container.ID}={container.State}").Order(StringComparer.Ordinal));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The Docker engine does not answer: {Reason}")]
    private partial void LogInterrupted(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The Docker engine answers again")]
    private partial void LogAnswers();
}
