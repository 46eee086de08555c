using System.Collections.Concurrent;
using k8s.Models;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Probes;

/// <summary>The probers of one pod: one for each running container with probes.</summary>
internal sealed class PodProbes(ProbeAction action, TimeProvider timeProvider, Action changed) : IAsyncDisposable
{
    private readonly Dictionary<string, ContainerProber> _probers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Container, string Kind), ProbeStatistics> _statistics = new();

    /// <summary>How the probes of the pod went up to now. Any thread may ask.</summary>
    public IReadOnlyList<ProbeStatistics> Statistics => [.. _statistics.Values];

    /// <summary>The health of every probed container by container id.</summary>
    public IReadOnlyDictionary<string, ContainerHealth> Health =>
        _probers.ToDictionary(p => p.Key, p => p.Value.Health, StringComparer.Ordinal);

    /// <summary>Starts and ends probers to match the running containers.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="sandbox">The pod in the runtime.</param>
    /// <param name="isEnding">Whether the pod ends, so that no probe ends a container of it.</param>
    /// <param name="hostAddress">The address for pods on the host's network.</param>
    /// <param name="tell">Receives the container, the reason and the message of each event.</param>
    public async Task SyncAsync(V1Pod pod, PodSandbox? sandbox, bool isEnding, string hostAddress, Action<string, string, string> tell)
    {
        var running = sandbox?.Containers.Where(c => c.Phase == ContainerPhase.Running).ToDictionary(c => c.Id) ?? [];
        foreach (var (id, prober) in _probers.Where(p => !running.ContainsKey(p.Key)).ToList())
        {
            _probers.Remove(id);
            await prober.DisposeAsync();
        }

        foreach (var instance in running.Values.Where(c => !_probers.ContainsKey(c.Id)))
        {
            var container = pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []).FirstOrDefault(c => c.Name == instance.Name);
            if (container is not null && ContainerProber.Applies(container))
            {
                _probers[instance.Id] = new ContainerProber(
                    ProbeTarget.Of(pod, container, instance, sandbox!.Ip ?? hostAddress, timeProvider.GetUtcNow()),
                    action,
                    timeProvider,
                    kind => _statistics.GetOrAdd((container.Name, kind), static key => new ProbeStatistics(key.Kind, key.Container)),
                    changed,
                    (reason, message) => tell(container.Name, reason, message));
            }
        }

        if (!isEnding)
            return;
        foreach (var prober in _probers.Values)
            prober.StopChecks();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var prober in _probers.Values)
            await prober.DisposeAsync();
        _probers.Clear();
    }
}
