using System.Collections.Concurrent;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// Batches concurrent requests to a store into one call: a call costs its two ends several times as much as the store's work on one
/// request. A single request goes at once. Only requests that arrive while others are in flight are batched, for as long as the thread
/// pool has other work.
/// </summary>
/// <remarks>A call completes when all its requests are answered, and fails for all of them.</remarks>
/// <param name="call">Sends several requests and returns their answers in order.</param>
/// <param name="bytesOf">The size of a request.</param>
/// <param name="bytesMax">The size at which a call is sent; its last request may exceed it.</param>
internal sealed class RequestBatcher<TRequest, TAnswer>(
    Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TAnswer>>> call, Func<TRequest, int> bytesOf, int bytesMax) : IThreadPoolWorkItem
{
    // A call is answered as a whole. Small calls let the store work on some while others are answered.
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
        // Requests after this point schedule a new call, so that none is left behind.
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
