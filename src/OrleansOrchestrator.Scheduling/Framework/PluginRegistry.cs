using System.Collections.Frozen;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The plugins that profiles can enable, by name.</summary>
public sealed class PluginRegistry
{
    /// <summary>Further plugins of kube-scheduler. To disable one of these is no fault.</summary>
    internal static readonly FrozenSet<string> Elsewhere = FrozenSet.Create(
        StringComparer.Ordinal,
        "SchedulingGates", "PrioritySort", "DefaultBinder", "NodeVolumeLimits", "DynamicResources", "EBSLimits", "GCEPDLimits", "AzureDiskLimits", "NodeDeclaredFeatures", "GangScheduling");

    private readonly FrozenDictionary<string, PluginFactory> _byName;

    /// <summary>Registers plugins in the order of evaluation.</summary>
    /// <exception cref="ArgumentException">Two have the same name.</exception>
    public PluginRegistry(IEnumerable<PluginFactory> plugins)
    {
        All = [.. plugins];
        _byName = All.ToFrozenDictionary(plugin => plugin.Name, StringComparer.Ordinal);
        Inputs = new PluginInputs(new PodInputSet(All.SelectMany(plugin => plugin.Reads).Concat(PodInputs.OfCluster)), [.. All.SelectMany(plugin => plugin.Follows).Distinct()])
        {
            Kept = All.Where(plugin => plugin.IsKept).SelectMany(plugin => plugin.Follows).ToFrozenSet(),
        };
    }

    /// <summary>All plugins, in order.</summary>
    public IReadOnlyList<PluginFactory> All { get; }

    /// <summary>The inputs of all plugins.</summary>
    public PluginInputs Inputs { get; }

    /// <summary>A plugin by its name; null if there is none.</summary>
    public PluginFactory? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A registry with further plugins at the end.</summary>
    public PluginRegistry With(params IEnumerable<PluginFactory> more) => new(All.Concat(more));
}
