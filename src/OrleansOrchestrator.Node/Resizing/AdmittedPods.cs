using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Planning;

namespace OrleansOrchestrator.Node.Resizing;

/// <summary>
/// The pods that the node has taken, and with them its resources and host ports. A pod that does not fit beside them is rejected, as
/// the kubelet does: whoever bound it did not see what else is here. A pod that asks for more later gets it when there is room.
/// </summary>
/// <remarks>
/// A pod leaves before the API can say that it has ended. The scheduler uses its place from that moment on, and the next pod must find
/// it free here too.
/// </remarks>
/// <param name="allocatable">What the node offers to pods.</param>
internal sealed class AdmittedPods(ResourceAmounts allocatable)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);

    // The pods that wait for room, in the order in which they asked for it.
    private readonly List<V1Pod> _deferred = [];

    /// <summary>Raised with the uid of a pod that has got room for which it waited.</summary>
    public event Action<string>? Granted;

    /// <summary>Takes a pod, or rejects it for good. To ask again about a pod that was taken changes nothing.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="runs">Whether it runs here already, and is taken in any case.</param>
    /// <param name="allocation">What an earlier run of the daemon has granted to it; null for all that it asks for.</param>
    /// <returns>Why the pod is rejected; null if it is taken.</returns>
    public PodFailure? Admit(V1Pod pod, bool runs, Allocation? allocation = null)
    {
        var uid = pod.Metadata.Uid;
        allocation ??= Allocation.Of(pod.Spec);
        var share = new Share(PodRequests.Compute(allocation.ApplyTo(pod).Spec), HostPort.Of(pod.Spec) ?? [], allocation);
        lock (_gate)
        {
            if (_shares.ContainsKey(uid))
                return null;
            if (!runs && ((Shortage(share.Requests, uid) is { } shortage ? PodFailures.Rejected($"OutOf{shortage.Resource}", shortage.Message) : null) ?? Conflict(share.Ports)) is { } refusal)
                return refusal;
            _shares.Add(uid, share);
            return null;
        }
    }

    /// <summary>What was granted to a pod; null if the node has not taken it.</summary>
    public Allocation? AllocationOf(string uid)
    {
        lock (_gate)
            return _shares.TryGetValue(uid, out var share) ? share.Allocation : null;
    }

    /// <summary>Grants what a pod asks for now, or lets it wait until there is room. See <see cref="AllocationOf"/>.</summary>
    /// <returns>Why it is not granted; null if it is.</returns>
    public PendingResize? Resize(V1Pod pod)
    {
        var uid = pod.Metadata.Uid;
        List<string> granted = [];
        PendingResize? pending = null;
        lock (_gate)
        {
            if (!_shares.TryGetValue(uid, out var share))
                return null;
            var waiting = _deferred.FindIndex(other => other.Metadata.Uid == uid);
            if (share.Allocation.Grants(pod.Spec) || (pending = Infeasible(PodRequests.Compute(pod.Spec))) is not null)
            {
                if (waiting >= 0)
                    _deferred.RemoveAt(waiting);
                return pending;
            }

            if (waiting >= 0)
                _deferred[waiting] = pod;
            else
                _deferred.Add(pod);
            granted = GrantAll();
            if (!granted.Remove(uid))
                pending = new PendingResize(PodResize.Deferred, Shortage(PodRequests.Compute(pod.Spec), uid)!.Value.Message);
        }

        Tell(granted);
        return pending;
    }

    /// <summary>Frees the place of a pod that has ended or is gone.</summary>
    public void Release(string uid)
    {
        List<string> granted;
        lock (_gate)
        {
            _deferred.RemoveAll(pod => pod.Metadata.Uid == uid);
            if (!_shares.Remove(uid))
                return;
            granted = GrantAll();
        }

        Tell(granted);
    }

    private void Tell(List<string> granted)
    {
        foreach (var uid in granted)
            Granted?.Invoke(uid);
    }

    /// <summary>
    /// Grants what fits: first what takes no more than before, then by priority, by quality of service, and by the time of the wait. A grant
    /// may give back one resource while it takes another, so that it goes on until nobody who waits fits.
    /// </summary>
    private List<string> GrantAll()
    {
        var granted = new List<string>();
        while (Next() is { } pod)
        {
            _shares[pod.Metadata.Uid] = _shares[pod.Metadata.Uid] with { Requests = PodRequests.Compute(pod.Spec), Allocation = Allocation.Of(pod.Spec) };
            _deferred.Remove(pod);
            granted.Add(pod.Metadata.Uid);
        }

        return granted;
    }

    private V1Pod? Next() => _deferred
        .OrderBy(Grows).ThenByDescending(pod => pod.Priority).ThenBy(pod => QosClass.Of(pod.Spec) != QosClass.Guaranteed)
        .FirstOrDefault(pod => !Grows(pod) || Shortage(PodRequests.Compute(pod.Spec), pod.Metadata.Uid) is null);

    private bool Grows(V1Pod pod)
    {
        var (wanted, had) = (PodRequests.Compute(pod.Spec), _shares[pod.Metadata.Uid].Requests);
        return wanted.CpuMilli > had.CpuMilli || wanted.MemoryBytes > had.MemoryBytes;
    }

    private PendingResize? Infeasible(in ResourceAmounts wanted) =>
        (wanted.MemoryBytes > allocatable.MemoryBytes ? (ResourceNames.Memory, wanted.MemoryBytes, allocatable.MemoryBytes)
            : wanted.CpuMilli > allocatable.CpuMilli ? (ResourceNames.Cpu, wanted.CpuMilli, allocatable.CpuMilli)
            : default((string Resource, long Requested, long Capacity)?)) is var (resource, requested, capacity)
            ? new PendingResize(PodResize.Infeasible, string.Create(CultureInfo.InvariantCulture, $"Node didn't have enough capacity: {resource}, requested: {requested}, capacity: {capacity}"))
            : null;

    /// <summary>What is too little for a pod beside all others; null if nothing is.</summary>
    private (string Resource, string Message)? Shortage(in ResourceAmounts wanted, string uid)
    {
        var (used, others) = (default(ResourceAmounts), 0);
        foreach (var (other, share) in _shares)
        {
            if (other == uid)
                continue;
            used.Add(share.Requests);
            others++;
        }

        return Lacks(ResourceNames.Pods, 1, others, allocatable.Pods)
            ?? Lacks(ResourceNames.Cpu, wanted.CpuMilli, used.CpuMilli, allocatable.CpuMilli)
            ?? Lacks(ResourceNames.Memory, wanted.MemoryBytes, used.MemoryBytes, allocatable.MemoryBytes)
            ?? Lacks(ResourceNames.EphemeralStorage, wanted.StorageBytes, used.StorageBytes, allocatable.StorageBytes)
            ?? LacksHugePages(wanted, used);
    }

    private (string Resource, string Message)? LacksHugePages(in ResourceAmounts wanted, in ResourceAmounts used)
    {
        foreach (var (resource, amount) in wanted.Extended.Where(one => one.Key.StartsWith(ResourceNames.HugePagesPrefix, StringComparison.Ordinal)).OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            if (Lacks(resource, amount, used.Extended.GetValueOrDefault(resource), allocatable.Extended.GetValueOrDefault(resource)) is { } shortage)
                return shortage;
        }

        return null;
    }

    private static (string Resource, string Message)? Lacks(string resource, long wanted, long used, long offered) =>
        wanted > 0 && wanted > offered - used
            ? (resource, string.Create(CultureInfo.InvariantCulture, $"Node didn't have enough resource: {resource}, requested: {wanted}, used: {used}, capacity: {offered}"))
            : null;

    private PodFailure? Conflict(HostPort[] wanted) =>
        wanted.Any(port => _shares.Values.Any(share => share.Ports.Any(port.ConflictsWith)))
            ? PodFailures.Rejected("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports")
            : null;

    /// <summary>What one pod takes of the node.</summary>
    private readonly record struct Share(ResourceAmounts Requests, HostPort[] Ports, Allocation Allocation);
}
