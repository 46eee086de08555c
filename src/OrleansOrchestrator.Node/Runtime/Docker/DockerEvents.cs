using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Follows the engine's events and tells which pods they concern.</summary>
internal sealed partial class DockerEvents(
    DockerClient client, string node, Action<string> podChanged, Func<CancellationToken, Task> resync, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    /// <summary>Events that the stream holds back, as it does with the last one, or loses are made up for after this time at the latest.</summary>
    private static readonly TimeSpan ResyncPeriod = TimeSpan.FromSeconds(2);

    /// <summary>Why the engine does not answer, or null while it does.</summary>
    public string? Fault { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var period = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                period.CancelAfter(ResyncPeriod);
                await FollowAsync(period.Token);
            }
            catch (Exception exception) when (exception is RuntimeException || DockerEngine.IsFailure(exception))
            {
                if (exception is OperationCanceledException)
                    continue;
                Fault = $"container runtime is down: {exception.Message}";
                LogInterrupted(exception.Message);
                await Task.Delay(ReconnectDelay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var parameters = new ContainerEventsParameters
        {
            Filters = new Dictionary<string, IDictionary<string, bool>>
            {
                ["type"] = new Dictionary<string, bool> { ["container"] = true },
                ["event"] = new Dictionary<string, bool> { ["die"] = true, ["start"] = true, ["destroy"] = true },
                ["label"] = new Dictionary<string, bool> { [$"{ContainerLabels.Node}={node}"] = true },
            },
        };
        var follow = client.System.MonitorEventsAsync(parameters, new Callback(Handle), cancellationToken);

        // After the stream is open, so that what happens from here on is not missed.
        await resync(cancellationToken);
        Fault = null;
        await follow;
    }

    private void Handle(Message message)
    {
        if (message.Actor?.Attributes?.TryGetValue(ContainerLabels.PodUid, out var uid) == true)
            podChanged(uid);
    }

    /// <summary>Calls at once and in order, which <see cref="Progress{T}"/> does not.</summary>
    private sealed class Callback(Action<Message> action) : IProgress<Message>
    {
        public void Report(Message value) => action(value);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The events of the Docker engine were interrupted: {Reason}")]
    private partial void LogInterrupted(string reason);
}
