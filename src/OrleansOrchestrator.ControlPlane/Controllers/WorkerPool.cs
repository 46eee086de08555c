using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>The outcome of the work on a key.</summary>
/// <param name="Succeeded">Whether all actions were applied; otherwise the key is retried.</param>
/// <param name="RequeueAfter">When to reconcile again even without a change; null for only after a change.</param>
/// <param name="Rest">How long what is added with <see cref="WorkerPool{TKey}.AddBatched"/> waits.</param>
internal readonly record struct WorkOutcome(bool Succeeded, TimeSpan? RequeueAfter, TimeSpan Rest = default);

/// <summary>
/// Works on the keys of a <see cref="WorkQueue{TKey}"/>, a bounded number at a time. Belongs to one grain: it runs in the grain's turns
/// and needs no lock. A key whose work throws is set aside with a back-off of its own and reported; the others go on.
/// </summary>
/// <param name="name">The pool's name in logs and metrics.</param>
/// <param name="groupOf">The group of a key, which is its namespace; groups take turns.</param>
/// <param name="options">The concurrency and the back-off.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Receives failures of the loop itself.</param>
internal sealed class WorkerPool<TKey>(string name, Func<TKey, string> groupOf, ControllerOptions options, TimeProvider time, ILogger logger)
    where TKey : notnull
{
    private readonly WorkQueue<TKey> _queue = new(name, options.BackoffBase, options.BackoffMax, groupOf);
    private SupervisedLoop? _loop;
    private int _working;

    /// <summary>Whether keys are ready or at work.</summary>
    public bool IsBusy => _queue.Count > 0;

    /// <summary>Queues a key.</summary>
    public void Add(TKey key)
    {
        _queue.Add(key, time.GetUtcNow());
        _loop?.Signal();
    }

    /// <summary>Queues a key, for the end of its rest if it rests.</summary>
    public void AddBatched(TKey key)
    {
        _queue.AddBatched(key, time.GetUtcNow());
        _loop?.Signal();
    }

    /// <summary>Works until it is cancelled; work in progress then ends by itself.</summary>
    /// <param name="work">Works on a key. A failed key is retried after a back-off.</param>
    /// <param name="setAside">Receives a key whose work threw, and the exception.</param>
    /// <param name="cancellationToken">Ends the loop.</param>
    public async Task RunAsync(Func<TKey, Task<WorkOutcome>> work, Action<TKey, Exception> setAside, CancellationToken cancellationToken)
    {
        await using var loop = new SupervisedLoop(name, _ => Task.FromResult(Dispatch(work, setAside)), time, logger);
        _loop = loop;
        using var shown = _queue.Instruments.Show(time);
        await loop.RunAsync(cancellationToken);
    }

    private TimeSpan? Dispatch(Func<TKey, Task<WorkOutcome>> work, Action<TKey, Exception> setAside)
    {
        while (_working < options.ConcurrencyMax && _queue.TryTake(time.GetUtcNow(), out var key))
        {
            _working++;
            _ = WorkAsync(key, work, setAside);
        }

        // Work that ends signals the loop.
        return _working < options.ConcurrencyMax ? _queue.NextDue - time.GetUtcNow() : null;
    }

    private async Task WorkAsync(TKey key, Func<TKey, Task<WorkOutcome>> work, Action<TKey, Exception> setAside)
    {
        var outcome = new WorkOutcome(false, null);
        var began = time.GetTimestamp();
        using var activity = ControlPlaneActivities.StartRoot(ControlPlaneActivities.Reconcile);
        activity?.SetTag("controller", name).SetTag("key", key.ToString());
        ControllerInstruments.Working(name, 1);
        try
        {
            outcome = await work(key);
        }
        catch (Exception fault)
        {
            setAside(key, fault);
        }
        finally
        {
            var now = time.GetUtcNow();
            ControllerInstruments.Working(name, -1);
            ControllerInstruments.Reconciled(name, outcome, time.GetElapsedTime(began));
            if (!outcome.Succeeded)
                activity?.SetStatus(ActivityStatusCode.Error);
            _working--;
            _queue.Done(key, outcome.Succeeded, now, outcome.Rest);
            if (outcome is { Succeeded: true, RequeueAfter: { } after })
                _queue.AddAt(key, Waits.After(now, after));
            _loop?.Signal();
        }
    }
}
