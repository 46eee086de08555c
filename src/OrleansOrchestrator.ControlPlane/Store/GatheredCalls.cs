using System.Collections.Concurrent;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// Asks a store in one call what is to be asked of it at the same time. A call costs its two ends several times what the store
/// does about one question. Who asks alone is never kept waiting: only what comes while other questions are under way is
/// gathered, for as long as the thread pool has other work.
/// </summary>
/// <remarks>A call is answered when all its questions are, and fails for all of them alike.</remarks>
/// <param name="call">Asks several questions, and answers them in their order.</param>
/// <param name="bytesOf">How large a question is.</param>
/// <param name="bytesMax">How large a call may become before it goes; its last question may make it larger.</param>
internal sealed class GatheredCalls<TQuestion, TAnswer>(
    Func<IReadOnlyList<TQuestion>, Task<IReadOnlyList<TAnswer>>> call, Func<TQuestion, int> bytesOf, int bytesMax) : IThreadPoolWorkItem
{
    // A call is answered as a whole: few enough for some to be answered while others are worked on.
    private const int QuestionsMax = 16;

    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private int _underWay;
    private int _isScheduled;

    /// <summary>Asks one question.</summary>
    public Task<TAnswer> AskAsync(TQuestion question)
    {
        var waiting = new Waiting(question);
        if (Interlocked.Increment(ref _underWay) == 1)
            _ = CallAsync([waiting]);
        else
            Gather(waiting);
        return waiting.Task;
    }

    void IThreadPoolWorkItem.Execute()
    {
        // What comes from here on schedules anew, so that nothing is left behind.
        Interlocked.Exchange(ref _isScheduled, 0);
        while (Take() is { Count: > 0 } group)
            _ = CallAsync(group);
    }

    private void Gather(Waiting waiting)
    {
        _waiting.Enqueue(waiting);
        if (Interlocked.Exchange(ref _isScheduled, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private List<Waiting> Take()
    {
        var group = new List<Waiting>();
        var bytes = 0;
        while (group.Count < QuestionsMax && bytes < bytesMax && _waiting.TryDequeue(out var next))
        {
            group.Add(next);
            bytes += bytesOf(next.Question);
        }

        return group;
    }

    private async Task CallAsync(List<Waiting> group)
    {
        try
        {
            var answers = await call(group.ConvertAll(static waiting => waiting.Question));
            for (var i = 0; i < group.Count; i++)
                group[i].SetResult(answers[i]);
        }
        catch (Exception failure)
        {
            foreach (var waiting in group)
                waiting.TrySetException(failure);
        }
        finally
        {
            Interlocked.Add(ref _underWay, -group.Count);
        }
    }

    private sealed class Waiting(TQuestion question) : TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TQuestion Question => question;
    }
}
