using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.ControlPlane.Nodes;

/// <summary>Brings the node controller's beats to this silo, which hands them to daemons.</summary>
internal sealed partial class NodeBeats(IGrainFactory grains, TimeProvider time, ILogger<NodeBeats> logger) : BackgroundService, INodeBeats
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private volatile string? _newest;

    /// <inheritdoc/>
    public string? Newest => _newest;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                // A call that hangs with the silo that it went to must not keep the next one from asking elsewhere.
                _newest = await grains.GetGrain<INodeLifecycleGrain>(NodeLifecycleGrain.Key).BeatAsync().WaitAsync(Period, time, stoppingToken);
            }
            catch (Exception away) when (!stoppingToken.IsCancellationRequested)
            {
                LogAway(away.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The node controller gave no beat: {Why}")]
    private partial void LogAway(string why);
}
