namespace OrleansOrchestrator.ControlPlane.Grains;

/// <summary>A grain whose work consists of loops from its activation to its deactivation.</summary>
/// <remarks>A loop that ends by itself has met an unexpected fault. The grain then deactivates, and the next call starts it.</remarks>
internal abstract class LoopingGrain : Grain, ISingletonGrain
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<(Task Loop, CancellationToken Until)> _loops = [];

    /// <summary>Cancelled when the loops must end.</summary>
    protected CancellationToken Stopping => _stopping.Token;

    /// <inheritdoc/>
    public virtual Task<string?> CheckAsync()
    {
        _loops.RemoveAll(known => known.Loop.IsCompleted && known.Until.IsCancellationRequested);
        if (_loops.Find(known => known.Loop.IsCompleted) is not { Loop: { } ended })
            return Task.FromResult<string?>(null);
        DeactivateOnIdle();
        return Task.FromResult<string?>($"starts anew: {ended.Exception?.InnerException?.Message ?? "a loop has ended"}");
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _loops.AddRange(StartLoops().Select(loop => (loop, Stopping)));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops.Select(known => known.Loop)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>Adds a loop that starts after the activation.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="until">It ends only when this is cancelled, as it is with <see cref="Stopping"/>.</param>
    protected void AddLoop(Task loop, CancellationToken until) => _loops.Add((loop, until));

    /// <summary>Starts the loops. Each ends only when <see cref="Stopping"/> is cancelled.</summary>
    protected abstract IEnumerable<Task> StartLoops();
}
