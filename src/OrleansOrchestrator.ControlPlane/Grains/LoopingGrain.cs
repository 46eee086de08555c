namespace OrleansOrchestrator.ControlPlane.Grains;

/// <summary>A grain whose work consists of loops from its activation to its deactivation.</summary>
/// <remarks>A loop that ends by itself has met an unexpected fault. The grain then deactivates, and the next call starts it.</remarks>
internal abstract class LoopingGrain : Grain, ISingletonGrain
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];

    /// <summary>Cancelled when the loops must end.</summary>
    protected CancellationToken Stopping => _stopping.Token;

    /// <inheritdoc/>
    public virtual Task<string?> CheckAsync()
    {
        if (_loops.Find(loop => loop.IsCompleted) is not { } ended)
            return Task.FromResult<string?>(null);
        DeactivateOnIdle();
        return Task.FromResult<string?>($"starts anew: {ended.Exception?.InnerException?.Message ?? "a loop has ended"}");
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _loops.AddRange(StartLoops());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>Adds a loop that starts after the activation. It ends only when <see cref="Stopping"/> is cancelled.</summary>
    protected void AddLoop(Task loop) => _loops.Add(loop);

    /// <summary>Starts the loops. Each ends only when <see cref="Stopping"/> is cancelled.</summary>
    protected abstract IEnumerable<Task> StartLoops();
}
