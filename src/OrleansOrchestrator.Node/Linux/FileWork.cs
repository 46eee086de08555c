namespace OrleansOrchestrator.Node.Linux;

/// <summary>
/// Work on files whose number a container decides: it takes as long as it takes and blocks its thread. It has threads of its own, and
/// few of them, so that nothing else of the daemon waits for it; the renewal of the lease least of all.
/// </summary>
internal sealed class FileWork : IDisposable
{
    /// <summary>Preparations and removals, for which a pod waits.</summary>
    public static readonly FileWork Changes = new(8);

    /// <summary>Measurements, for which nobody waits.</summary>
    public static readonly FileWork Measurements = new(2);

    private readonly SemaphoreSlim _threads;

    /// <param name="threadsMax">The most threads at a time.</param>
    public FileWork(int threadsMax) => _threads = new SemaphoreSlim(threadsMax);

    /// <summary>Does the work on a thread of its own, when one is free.</summary>
    public Task RunAsync(Action work, CancellationToken cancellationToken) => RunAsync(
        () =>
        {
            work();
            return true;
        },
        cancellationToken);

    /// <inheritdoc cref="RunAsync(Action, CancellationToken)"/>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _threads.WaitAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
        finally
        {
            _threads.Release();
        }
    }

    public void Dispose() => _threads.Dispose();
}
