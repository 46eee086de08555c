using System.Globalization;
using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests.Hollow;

/// <summary>
/// A node without a machine: a client of the API like any other. It renews its lease, watches its pods, and says of each that it runs, or
/// that it has ended, as soon as it sees it.
/// </summary>
/// <param name="name">The node's name.</param>
/// <param name="number">Its number, of which its pods have their addresses.</param>
/// <param name="requests">What leases are renewed over.</param>
/// <param name="watches">What pods are watched over.</param>
/// <param name="reports">Takes what the node has to say of its pods.</param>
/// <param name="renewInterval">How often it renews its lease.</param>
internal sealed class HollowNode(
    string name, int number, ApiClient requests, ApiClient watches, Action<RequestTemplate> reports, TimeSpan renewInterval) : IAsyncDisposable
{
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(200);
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _watching = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _reported = [];
    private readonly List<Task> _work = [];
    private int _addresses;

    public string Name => name;

    /// <summary>Is done once it watches its pods.</summary>
    public Task Watching => _watching.Task;

    /// <summary>Begins.</summary>
    /// <param name="delay">When to renew the lease for the first time: nodes do not all do so at one moment.</param>
    /// <param name="runsPods">Whether it looks at its pods at all.</param>
    public void Start(TimeSpan delay, bool runsPods)
    {
        _work.Add(Task.Run(() => EndedAsync(RenewAsync(delay))));
        if (runsPods)
            _work.Add(Task.Run(() => EndedAsync(WatchAsync())));
        else
            _watching.TrySetResult();
    }

    /// <summary>Falls silent from one moment to the next, like a machine that loses power.</summary>
    public Task DieAsync() => _ending.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_work);
        _ending.Dispose();
    }

    private async Task EndedAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // That is its end.
        }
    }

    private async Task RenewAsync(TimeSpan delay)
    {
        await using var channel = requests.Open();
        await Task.Delay(delay, TimeProvider.System, _ending.Token);
        using var timer = new PeriodicTimer(renewInterval, TimeProvider.System);
        do
        {
            try
            {
                await channel.SendAsync(requests.Request("PUT", HollowManifests.LeasePath(name), HollowManifests.Lease(name, TimeProvider.System.GetUtcNow())), 0);
            }
            catch (IOException)
            {
                // The next one comes in any case.
            }
        }
        while (await timer.WaitForNextTickAsync(_ending.Token));
    }

    private async Task WatchAsync()
    {
        // From version 0 on a watch begins with all pods that there are.
        var watch = watches.Request("GET", $"/api/v1/pods?watch=true&resourceVersion=0&fieldSelector=spec.nodeName%3D{name}");
        while (true)
        {
            try
            {
                await watches.ReadLinesAsync(watch, () => _watching.TrySetResult(), See, _ending.Token);
            }
            catch (IOException)
            {
                await Task.Delay(RetryTime, TimeProvider.System, _ending.Token);
            }
        }
    }

    private void See(ReadOnlySpan<byte> line)
    {
        var pod = PodEvent.Read(line);
        if (pod.Type == "DELETED")
        {
            _reported.Remove(pod.Uid);
            _reported.Remove(Ended(pod.Uid));
        }
        else if (!pod.ConcernsPod)
        {
            return;
        }
        else if (pod.IsDeleting && _reported.Add(Ended(pod.Uid)))
        {
            reports(requests.Request("DELETE", HollowManifests.PodPath(pod), HollowManifests.Ended(pod)));
        }
        else if (!pod.IsDeleting && pod.Phase == "Pending" && _reported.Add(pod.Uid))
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"10.{100 + (number >> 8)}.{number & 255}.{1 + (_addresses++ % 250)}");
            reports(requests.Request(
                "PATCH", $"{HollowManifests.PodPath(pod)}/status", HollowManifests.Running(pod, address), "application/strategic-merge-patch+json"));
        }
    }

    private static string Ended(string uid) => uid + " ended";
}
