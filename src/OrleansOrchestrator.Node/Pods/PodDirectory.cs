using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Resizing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Sources;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>The workers of a node: one for each pod that a source has for it or that still runs here.</summary>
internal sealed class PodDirectory(PodServices services) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, PodWorker> _workers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _orphans = new(StringComparer.Ordinal);

    // Whose first list is still missing. Sources are few, and known before the first of them lists.
    private readonly ConcurrentDictionary<IPodSource, bool> _unlisted = new();

    public IEnumerable<PodWorker> Workers => _workers.Values;

    /// <summary>Registers a source, and returns where it puts its pods.</summary>
    public IObjectSink<V1Pod> Open(IPodSource source)
    {
        _unlisted[source] = true;
        return new Sink(this, source);
    }

    /// <summary>Registers pods that the runtime had when the daemon started. The first lists of all sources decide about them.</summary>
    public void Adopt(IEnumerable<string> podUids)
    {
        foreach (var uid in podUids)
            _orphans[uid] = true;
    }

    /// <summary>The number of pods with a running container.</summary>
    public int CountRunning() => _workers.Values.Count(worker => worker.Seen?.Containers.Any(container => container.Phase == ContainerPhase.Running) == true);

    /// <summary>The pods that have been seen in the runtime.</summary>
    public IEnumerable<(V1Pod Pod, PodSandbox Sandbox)> Running() => _workers.Values
        // Each is read once: a pod may end at any moment.
        .Select(worker => (worker.Pod, worker.Seen))
        .Where(one => one is { Pod: not null, Seen: not null })
        .Select(one => (one.Pod!, one.Seen!));

    /// <summary>The paths of a pod's volumes by name; null if they are not known.</summary>
    public IReadOnlyDictionary<string, string>? VolumesOf(string podUid) => _workers.TryGetValue(podUid, out var worker) ? worker.Volumes : null;

    /// <summary>The number of containers by state, in the kubelet's words.</summary>
    public IEnumerable<Measurement<int>> CountContainers() => _workers.Values
        .SelectMany(worker => worker.Seen?.Containers ?? [])
        .GroupBy(container => container.Phase)
        .Select(containers => new Measurement<int>(containers.Count(), new KeyValuePair<string, object?>("container_state", NameOf(containers.Key))));

    public PodWorker? Find(string ns, string name) => _workers.Values.FirstOrDefault(
        w => w.Pod is { } pod && pod.Metadata.Name == name && pod.Metadata.NamespaceProperty == ns);

    public void Signal(string podUid)
    {
        if (_workers.TryGetValue(podUid, out var worker))
            worker.Signal();
    }

    public bool Contains(string podUid) => _workers.ContainsKey(podUid);

    /// <summary>Makes every worker check whether its pod may run.</summary>
    public void FenceAll()
    {
        foreach (var worker in _workers.Values)
            worker.Fence();
    }

    /// <summary>Ends the pods whose turn has come, because the machine goes down.</summary>
    public void ShutDownAll()
    {
        foreach (var worker in _workers.Values)
            worker.ShutDown();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_workers.Values.Select(w => w.DisposeAsync().AsTask()));
        _workers.Clear();
    }

    private static string NameOf(ContainerPhase phase) => phase switch
    {
        ContainerPhase.Created => "created",
        ContainerPhase.Running => "running",
        _ => "exited",
    };

    private PodFailure? Admit(V1Pod pod, bool runs) =>
        (runs ? null : UnsupportedFields.Refuse(pod, services.Runtime) ?? services.Node.Refuse(pod) ?? services.Pressure.Refuse(pod)) ?? services.Admitted.Admit(
            pod, runs, runs ? Allocation.Read(services.DirectoryOf(pod.Metadata.Uid)) : null);

    private PodWorker WorkerOf(string uid, V1Pod? pod, IPodSource source)
    {
        if (_workers.TryGetValue(uid, out var worker))
            return worker;
        var runs = _orphans.TryRemove(uid, out _);
        var refusal = pod is { IsTerminal: false } ? Admit(pod, runs) : null;
        worker = new PodWorker(uid, pod, refusal, source, services, End);
        return _workers.GetOrAdd(uid, worker);
    }

    private void End(PodWorker ended)
    {
        _workers.TryRemove(KeyValuePair.Create(ended.Uid, ended));
        services.Volumes.Forget(ended.Uid);
        ended.Source.Ended(ended.Uid);
    }

    /// <summary>The pods of one source.</summary>
    private sealed class Sink(PodDirectory pods, IPodSource source) : IObjectSink<V1Pod>
    {
        public void Replace(IReadOnlyCollection<V1Pod> objects)
        {
            var present = objects.Select(p => p.Metadata.Uid).ToHashSet(StringComparer.Ordinal);
            // What is gone or has ended makes room first. Pods that run here keep their places; of the others, the older ones are first.
            foreach (var worker in pods.Workers.Where(worker => worker.Source == source && !present.Contains(worker.Uid)))
                worker.Forget();
            foreach (var pod in objects
                .OrderBy(pod => !pod.IsTerminal)
                .ThenBy(pod => !pods._orphans.ContainsKey(pod.Metadata.Uid))
                .ThenBy(pod => pod.Metadata.CreationTimestamp))
            {
                Upsert(pod);
            }

            pods._unlisted.TryRemove(source, out _);
            if (pods._unlisted.IsEmpty)
                EndOrphans();
        }

        // An ended worker removes itself from the table.
        public void Upsert(V1Pod obj) => pods.WorkerOf(obj.Metadata.Uid, obj, source).Update(obj);

        public void Delete(V1Pod obj)
        {
            if (pods._workers.TryGetValue(obj.Metadata.Uid, out var worker))
                worker.Forget();
        }

        /// <summary>Ends the pods that run here and that no source has: they were deleted while the daemon was away.</summary>
        private void EndOrphans()
        {
            foreach (var uid in pods._orphans.Keys)
                pods.WorkerOf(uid, null, source).Signal();
        }
    }
}
