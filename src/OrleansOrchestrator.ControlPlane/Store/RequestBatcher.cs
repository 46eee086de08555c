using System.Collections.Concurrent;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// Sends requests to a store that arrive at the same time in one call: a call costs its two ends several times what the store does
/// about one request. A request that comes alone goes at once. Only what comes while others are under way is batched, for as long as
/// the thread pool has other work.
/// </summary>
/// <remarks>A call is answered when all its requests are, and fails for all of them alike.</remarks>
/// <param name="call">Sends several requests, and answers them in their order.</param>
/// <param name="bytesOf">How large a request is.</param>
/// <param name="bytesMax">How large a call may become before it goes; its last request may make it larger.</param>
internal sealed class RequestBatcher<TRequest, TAnswer>(
    Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TAnswer>>> call, Func<TRequest, int> bytesOf, int bytesMax) : IThreadPoolWorkItem
{
    // A call is answered as a whole: few enough for some to be answered while others are worked on.
    private const int RequestsMax = 16;

    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private int _underWay;
    private int _isScheduled;

    /// <summary>Sends one request.</summary>
    public Task<TAnswer> SendAsync(TRequest request)
    {
        var waiting = new Waiting(request);
        if (Interlocked.Increment(ref _underWay) == 1)
            _ = CallAsync([waiting]);
        else
            Batch(waiting);
        return waiting.Task;
    }

    void IThreadPoolWorkItem.Execute()
    {
        // What comes from here on schedules anew, so that nothing is left behind.
        Interlocked.Exchange(ref _isScheduled, 0);
        while (Take() is { Count: > 0 } batch)
            _ = CallAsync(batch);
    }

    private void Batch(Waiting waiting)
    {
        _waiting.Enqueue(waiting);
        if (Interlocked.Exchange(ref _isScheduled, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        var bytes = 0;
        while (batch.Count < RequestsMax && bytes < bytesMax && _waiting.TryDequeue(out var next))
        {
            batch.Add(next);
            bytes += bytesOf(next.Request);
        }

        return batch;
    }

    private async Task CallAsync(List<Waiting> batch)
    {
        try
        {
            var answers = await call(batch.ConvertAll(static waiting => waiting.Request));
            for (var i = 0; i < batch.Count; i++)
                batch[i].SetResult(answers[i]);
        }
        catch (Exception failure)
        {
            foreach (var waiting in batch)
                waiting.TrySetException(failure);
        }
        finally
        {
            Interlocked.Add(ref _underWay, -batch.Count);
        }
    }

    private sealed class Waiting(TRequest request) : TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TRequest Request => request;
    }
}
