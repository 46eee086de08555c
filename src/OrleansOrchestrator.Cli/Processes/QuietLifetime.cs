namespace OrleansOrchestrator.Cli.Processes;

/// <summary>Leaves signals to the command, which stops the parts of the process in order.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
