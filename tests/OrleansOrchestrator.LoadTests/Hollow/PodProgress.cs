using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Hollow;

/// <summary>Watches the pods of a namespace: when each was seen first, when bound, when running.</summary>
internal sealed class PodProgress : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, Times> _pods = new();
    private readonly Task _watching;
    private long _alive;
    private long _present;
    private long _bound;
    private long _running;

    private PodProgress(ApiClient watches, string ns, string revision, TaskCompletionSource opened) =>
        _watching = Task.Run(() => WatchAsync(watches, ns, revision, opened));

    /// <summary>Pods that exist and were not asked to end.</summary>
    public long Alive => Interlocked.Read(ref _alive);

    /// <summary>Pods that exist, those that were asked to end among them.</summary>
    public long Present => Interlocked.Read(ref _present);

    /// <summary>The uids of all pods that were seen.</summary>
    public IReadOnlyCollection<string> Uids => (IReadOnlyCollection<string>)_pods.Keys;

    /// <summary>Those that are alive and bound to a node.</summary>
    public long Bound => Interlocked.Read(ref _bound);

    /// <summary>Those of them that run.</summary>
    public long Running => Interlocked.Read(ref _running);

    /// <summary>Begins to watch.</summary>
    public static async Task<PodProgress> StartAsync(ApiClient watches, string ns)
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var progress = new PodProgress(watches, ns, await watches.ReadRevisionAsync($"/api/v1/namespaces/{ns}/pods"), opened);
        await opened.Task;
        return progress;
    }

    /// <summary>Waits until something is so.</summary>
    /// <returns>Whether it was in time.</returns>
    public async Task<bool> WaitAsync(Func<PodProgress, bool> isSo, TimeSpan patience)
    {
        var started = Stopwatch.GetTimestamp();
        while (!isSo(this))
        {
            if (_watching.IsFaulted)
                await _watching;
            if (Stopwatch.GetElapsedTime(started) > patience)
                return false;
            await Task.Delay(LookInterval, TimeProvider.System);
        }

        return true;
    }

    /// <summary>How long pods took from when they were seen first until they were bound, or ran, in milliseconds, the shortest first.</summary>
    public double[] Durations(Func<Times, long> end) =>
        [.. _pods.Values.Where(pod => end(pod) > 0).Select(pod => (end(pod) - pod.Seen) * 1000.0 / Stopwatch.Frequency).Order()];

    /// <summary>From the first pod that was seen to the last that was bound, or ran.</summary>
    public TimeSpan Span(Func<Times, long> end) => _pods.IsEmpty
        ? TimeSpan.Zero
        : Stopwatch.GetElapsedTime(_pods.Values.Min(pod => pod.Seen), _pods.Values.Max(end));

    /// <summary>The pods that are alive, by node.</summary>
    public IReadOnlyCollection<Times> Pods => (IReadOnlyCollection<Times>)_pods.Values;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _watching;
        _ending.Dispose();
    }

    private async Task WatchAsync(ApiClient watches, string ns, string revision, TaskCompletionSource opened)
    {
        try
        {
            var watch = watches.Request("GET", $"/api/v1/namespaces/{ns}/pods?watch=true&resourceVersion={revision}");
            await watches.ReadLinesAsync(watch, opened.SetResult, See, _ending.Token);
            throw new IOException("the server ended the watch");
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // Nobody waits any more.
        }
        catch (IOException lost)
        {
            opened.TrySetException(lost);
            throw;
        }
    }

    private void See(ReadOnlySpan<byte> line)
    {
        var pod = PodEvent.Read(line);
        if (!pod.ConcernsPod)
            return;
        var times = _pods.GetOrAdd(pod.Uid, _ => new Times(Stopwatch.GetTimestamp()));
        times.Node = pod.Node;
        var isAlive = pod.Type != "DELETED" && !pod.IsDeleting;
        Count(ref times.CountsAsAlive, isAlive, ref _alive);
        Count(ref times.CountsAsPresent, pod.Type != "DELETED", ref _present);
        Count(ref times.CountsAsBound, isAlive && pod.Node.Length > 0, ref _bound);
        Count(ref times.CountsAsRunning, isAlive && pod.Phase == "Running", ref _running);
        if (times.CountsAsBound && times.BoundAt == 0)
            times.BoundAt = Stopwatch.GetTimestamp();
        if (times.CountsAsRunning && times.RunningAt == 0)
            times.RunningAt = Stopwatch.GetTimestamp();
    }

    private static void Count(ref bool counts, bool should, ref long sum)
    {
        if (counts != should)
            Interlocked.Add(ref sum, should ? 1 : -1);
        counts = should;
    }

    /// <summary>When what became of a pod, as timestamps of <see cref="Stopwatch"/>; 0 if it has not.</summary>
    /// <param name="Seen">When it was seen first.</param>
    public sealed record Times(long Seen)
    {
        // Only the watch writes these.
        internal bool CountsAsAlive;
        internal bool CountsAsPresent;
        internal bool CountsAsBound;
        internal bool CountsAsRunning;

        public string Node { get; internal set; } = "";

        public long BoundAt { get; internal set; }

        public long RunningAt { get; internal set; }

        public bool IsRunning => CountsAsRunning;
    }
}
