using System.Runtime.InteropServices;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>The host ports of a node's pods by number.</summary>
internal sealed class TakenPorts
{
    private readonly Dictionary<(string Protocol, int Port), List<HostPort>> _byNumber = [];

    /// <summary>All host ports, unordered.</summary>
    public IEnumerable<HostPort> All => _byNumber.Values.SelectMany(ports => ports);

    public bool ConflictsWith(HostPort wanted)
    {
        if (!_byNumber.TryGetValue((wanted.Protocol, wanted.Port), out var taken))
            return false;
        foreach (var port in taken)
        {
            if (wanted.ConflictsWith(port))
                return true;
        }

        return false;
    }

    public void Add(HostPort port)
    {
        ref var taken = ref CollectionsMarshal.GetValueRefOrAddDefault(_byNumber, (port.Protocol, port.Port), out _);
        (taken ??= []).Add(port);
    }

    public void Remove(HostPort port)
    {
        var key = (port.Protocol, port.Port);
        var taken = _byNumber[key];
        taken.Remove(port);
        if (taken.Count == 0)
            _byNumber.Remove(key);
    }
}
