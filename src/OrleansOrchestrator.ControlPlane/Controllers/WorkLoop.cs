using OrleansOrchestrator.ControlPlane.Hosting;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// Works on the keys of a <see cref="KeyQueue{TKey}"/>, a bounded number at a time. Belongs to one grain: it runs in the
/// grain's turns and needs no lock.
/// </summary>
internal sealed class WorkLoop<TKey>(ControllerOptions options, TimeProvider time)
    where TKey : notnull
{
    private readonly KeyQueue<TKey> _queue = new(options.BackoffBase, options.BackoffMax);
    private TaskCompletionSource _changed = new();
    private int _working;

    /// <summary>Wants a key to be worked on.</summary>
    public void Add(TKey key)
    {
        _queue.Add(key);
        Signal();
    }

    /// <summary>Works until it is cancelled; what is at work then ends by itself.</summary>
    /// <param name="work">Works on a key, and does not throw. Failures are tried again after a back-off.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    public async Task RunAsync(Func<TKey, Task<ReconcileOutcome>> work, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var changed = _changed.Task;
            while (_working < options.ConcurrencyMax && _queue.TryTake(time.GetUtcNow(), out var key))
            {
                _working++;
                _ = WorkAsync(key, work);
            }

            await WaitAsync(changed, cancellationToken);
        }
    }

    private async Task WaitAsync(Task changed, CancellationToken cancellationToken)
    {
        var isFull = _working >= options.ConcurrencyMax;
        var wait = !isFull && _queue.NextDue is { } due ? due - time.GetUtcNow() : options.ResyncPeriod;
        if (wait > TimeSpan.Zero)
            await changed.CompletesWithinAsync(wait, time, cancellationToken);
    }

    private async Task WorkAsync(TKey key, Func<TKey, Task<ReconcileOutcome>> work)
    {
        var outcome = await work(key);
        var now = time.GetUtcNow();
        _queue.Done(key, outcome.Succeeded, now);
        if (outcome is { Succeeded: true, RequeueAfter: { } after })
            _queue.AddAt(key, now + after);
        _working--;
        Signal();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource();
        changed.TrySetResult();
    }
}
