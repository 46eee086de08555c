using System.Diagnostics.Metrics;

namespace OrleansOrchestrator.Scheduling.Telemetry;

/// <summary>The numbers of pods waiting in a scheduling queue by reason. The queue counts; metrics read.</summary>
public sealed class PendingPods
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Plugin, string Profile), int> _plugins = [];

    /// <summary>Counts pods in one of kube-scheduler's queues.</summary>
    /// <param name="queue">The queue, such as <c>backoff</c>.</param>
    /// <param name="delta">1 or -1.</param>
    internal void Count(string queue, int delta)
    {
        lock (_gate)
            _places[queue] = _places.GetValueOrDefault(queue) + delta;
    }

    /// <summary>Counts an unschedulable pod.</summary>
    internal void Count(IReadOnlyCollection<string> plugins, string profile, int delta)
    {
        lock (_gate)
        {
            foreach (var plugin in plugins)
                _plugins[(plugin, profile)] = _plugins.GetValueOrDefault((plugin, profile)) + delta;
        }
    }

    /// <summary>The sums of several queues, by place.</summary>
    internal static IEnumerable<Measurement<int>> Places(IEnumerable<PendingPods> all)
    {
        var sums = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var pods in all)
        {
            lock (pods._gate)
            {
                foreach (var (place, count) in pods._places)
                    sums[place] = sums.GetValueOrDefault(place) + count;
            }
        }

        return sums.Select(static sum => new Measurement<int>(sum.Value, new KeyValuePair<string, object?>("queue", sum.Key)));
    }

    /// <summary>The sums of several queues, by plugin.</summary>
    internal static IEnumerable<Measurement<int>> Plugins(IEnumerable<PendingPods> all)
    {
        var sums = new SortedDictionary<(string Plugin, string Profile), int>();
        foreach (var pods in all)
        {
            lock (pods._gate)
            {
                foreach (var (plugin, count) in pods._plugins)
                    sums[plugin] = sums.GetValueOrDefault(plugin) + count;
            }
        }

        return sums.Select(static sum => new Measurement<int>(
            sum.Value, new KeyValuePair<string, object?>("plugin", sum.Key.Plugin), new KeyValuePair<string, object?>("profile", sum.Key.Profile)));
    }
}
