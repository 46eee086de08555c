using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Planning;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>
/// The pods that the node has taken, and with them its resources and host ports. A pod that does not fit beside them is rejected, as
/// the kubelet does: whoever bound it did not see what else is here.
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

    /// <summary>Takes a pod, or rejects it for good. To ask again about a pod that was taken changes nothing.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="runs">Whether it runs here already, and is taken in any case.</param>
    /// <returns>Why the pod is rejected; null if it is taken.</returns>
    public PodFailure? Admit(V1Pod pod, bool runs)
    {
        var uid = pod.Metadata.Uid;
        var share = new Share(PodRequests.Compute(pod.Spec), HostPort.Of(pod.Spec) ?? []);
        lock (_gate)
        {
            if (_shares.ContainsKey(uid))
                return null;
            if (!runs && (Shortage(share.Requests) ?? Conflict(share.Ports)) is { } refusal)
                return refusal;
            _shares.Add(uid, share);
            return null;
        }
    }

    /// <summary>Frees the place of a pod that has ended or is gone.</summary>
    public void Release(string uid)
    {
        lock (_gate)
            _shares.Remove(uid);
    }

    private PodFailure? Shortage(in ResourceAmounts wanted)
    {
        var used = default(ResourceAmounts);
        foreach (var share in _shares.Values)
            used.Add(share.Requests);
        return Lacks(ResourceNames.Pods, 1, _shares.Count, allocatable.Pods)
            ?? Lacks(ResourceNames.Cpu, wanted.CpuMilli, used.CpuMilli, allocatable.CpuMilli)
            ?? Lacks(ResourceNames.Memory, wanted.MemoryBytes, used.MemoryBytes, allocatable.MemoryBytes)
            ?? Lacks(ResourceNames.EphemeralStorage, wanted.StorageBytes, used.StorageBytes, allocatable.StorageBytes);
    }

    private static PodFailure? Lacks(string resource, long wanted, long used, long offered) =>
        wanted > 0 && wanted > offered - used
            ? PodFailures.Rejected($"OutOf{resource}", string.Create(
                CultureInfo.InvariantCulture, $"Node didn't have enough resource: {resource}, requested: {wanted}, used: {used}, capacity: {offered}"))
            : null;

    private PodFailure? Conflict(HostPort[] wanted) =>
        wanted.Any(port => _shares.Values.Any(share => share.Ports.Any(port.ConflictsWith)))
            ? PodFailures.Rejected("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports")
            : null;

    /// <summary>What one pod takes of the node.</summary>
    private readonly record struct Share(ResourceAmounts Requests, HostPort[] Ports);
}
