using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>A container or sandbox and its state, in the words of its runtime.</summary>
internal readonly record struct ContainerState(string PodUid, string Id, string State);

/// <summary>Lists the node's containers every second, as the kubelet does, and raises an event for pods whose containers changed.</summary>
/// <remarks>
/// Docker's event stream would be faster, but its client passes on an event only when the next one arrives, so that the end of the last
/// container would go unnoticed.
/// </remarks>
/// <param name="runtime">The runtime's name in messages.</param>
/// <param name="list">Lists the containers and sandboxes.</param>
/// <param name="podChanged">Receives the uid of a pod that changed.</param>
/// <param name="isAtRest">Whether the kernel shows that no container has ended, and none was touched, since the last list. A list costs
/// the runtime and the daemon more than all else that they do for pods at rest. Null to list every time.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Where it logs.</param>
internal sealed partial class ContainerStates(
    string runtime,
    Func<CancellationToken, Task<IEnumerable<ContainerState>>> list,
    Action<string> podChanged,
    Func<bool>? isAtRest,
    TimeProvider timeProvider,
    ILogger logger)
{
    // The kubelet's relist period.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long the runtime may be silent before the node is not ready, as with the kubelet. Its pods run on.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // How many lists in a row may be left out: somebody may do to a container what the kernel does not show.
    private const int OmittedMax = 9;

    private int _omitted;
    private Dictionary<string, string> _known = new(StringComparer.Ordinal);

    private long _answeredAt = timeProvider.GetTimestamp();
    private bool _isSilent;

    /// <summary>Why the runtime has been silent for long; null if it has not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Lists until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("container states", ListOnceAsync, timeProvider, logger, cancellationToken);

    private async Task<TimeSpan?> ListOnceAsync(CancellationToken cancellationToken)
    {
        if (!_isSilent && _omitted < OmittedMax && isAtRest?.Invoke() == true)
        {
            _omitted++;
            return Period;
        }

        _omitted = 0;
        try
        {
            await CompareAsync(cancellationToken);
            if (_isSilent)
                LogAnswers(runtime);
            (_isSilent, Fault, _answeredAt) = (false, null, timeProvider.GetTimestamp());
        }
        catch (RuntimeException exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_isSilent)
                LogInterrupted(runtime, exception.Message);
            _isSilent = true;
            if (timeProvider.GetElapsedTime(_answeredAt) >= Patience)
                Fault = $"container runtime is down: {exception.Message}";
        }

        return Period;
    }

    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        var found = (await list(cancellationToken))
            .GroupBy(container => container.PodUid, StringComparer.Ordinal)
            .ToDictionary(pod => pod.Key, Fingerprint, StringComparer.Ordinal);
        var changed = found.Where(pod => _known.GetValueOrDefault(pod.Key) != pod.Value).Select(pod => pod.Key)
            .Concat(_known.Keys.Where(uid => !found.ContainsKey(uid)))
            .ToList();
        _known = found;
        foreach (var uid in changed)
            podChanged(uid);
    }

    private static string Fingerprint(IEnumerable<ContainerState> containers) =>
        string.Join(' ', containers.Select(container => $"{container.Id}={container.State}").Order(StringComparer.Ordinal));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Runtime} does not answer: {Reason}")]
    private partial void LogInterrupted(string runtime, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Runtime} answers again")]
    private partial void LogAnswers(string runtime);
}
