using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>Brings the node controller's beats to this silo, which hands them to daemons.</summary>
internal sealed partial class NodeBeats(IGrainFactory grains, NodeLifecycleOptions options, TimeProvider time, ILogger<NodeBeats> logger)
    : BackgroundService, INodeBeats
{
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
            // A call that hangs with the silo that it went to must not keep the next one from asking elsewhere.
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
