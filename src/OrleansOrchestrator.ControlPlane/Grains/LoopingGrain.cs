namespace OrleansOrchestrator.ControlPlane.Grains;

/// <summary>A grain whose work is loops that run from its activation to its deactivation.</summary>
/// <remarks>A loop that ends by itself has a fault that it did not foresee: the grain then starts anew.</remarks>
internal abstract class LoopingGrain : Grain, ISingletonGrain
{
    private readonly CancellationTokenSource _stopping = new();
    private Task[] _loops = [];

    /// <summary>Is cancelled when the loops must end.</summary>
    protected CancellationToken Stopping => _stopping.Token;

    /// <inheritdoc/>
    public virtual Task<string?> CheckAsync()
    {
        if (Array.Find(_loops, loop => loop.IsCompleted) is not { } ended)
            return Task.FromResult<string?>(null);
        DeactivateOnIdle();
        return Task.FromResult<string?>($"starts anew: {ended.Exception?.InnerException?.Message ?? "a loop has ended"}");
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _loops = [.. StartLoops()];
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>Starts the loops; each one ends when <see cref="Stopping"/> is cancelled, and not before.</summary>
    protected abstract IEnumerable<Task> StartLoops();
}
