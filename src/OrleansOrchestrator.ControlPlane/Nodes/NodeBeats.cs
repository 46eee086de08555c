using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>Fetches the node controller's beats for this silo, which passes them to daemons.</summary>
internal sealed partial class NodeBeats(IGrainFactory grains, NodeLifecycleOptions options, TimeProvider time, ILogger<NodeBeats> logger)
    : BackgroundService, INodeBeats
{
    // How often a beat is fetched: several times within a daemon's renewal of 2 s, so that a renewal returns a fresh beat.
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private volatile string? _newest;

    /// <inheritdoc/>
    public string? Newest => _newest;

    /// <inheritdoc/>
    public string Times { get; } = options.Times.ToString();

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SupervisedLoop.RunAsync("node beats", BringAsync, time, logger, stoppingToken);

    private async Task<TimeSpan?> BringAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            // A call lost with a dead silo must not delay the next one, which goes to another silo.
            _newest = await grains.GetGrain<INodeLifecycleGrain>(NodeLifecycleGrain.Key).BeatAsync().WaitAsync(Period, time, cancellationToken);
        }
        catch (Exception away) when (!cancellationToken.IsCancellationRequested)
        {
            LogAway(away.Message);
        }

        return Period - time.GetElapsedTime(began);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The node controller gave no beat: {Why}")]
    private partial void LogAway(string why);
}
