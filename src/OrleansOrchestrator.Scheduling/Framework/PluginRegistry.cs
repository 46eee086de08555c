using System.Collections.Frozen;
using OrleansOrchestrator.Scheduling.Inputs;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Preemption;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The plugins that profiles can enable, by name.</summary>
public sealed class PluginRegistry
{
    /// <summary>
    /// The plugins of this scheduler. Their order and weights are those of kube-scheduler's default profile, because the first
    /// filter that rejects a node decides which reason users read.
    /// </summary>
    public static readonly PluginRegistry BuiltIn = new(
    [
        new PluginFactory<NodeUnschedulable>(nameof(NodeUnschedulable), static _ => new()) { Reads = [Inputs.PodInputs.Tolerations] },
        new PluginFactory<NodeName>(nameof(NodeName), static _ => new()),
        new PluginFactory<TaintToleration>(nameof(TaintToleration), static _ => new()) { Reads = [Inputs.PodInputs.Tolerations], DefaultWeight = 3 },
        new PluginFactory<NodeAffinity>(nameof(NodeAffinity), static context => new(context)) { Reads = [Inputs.PodInputs.NodeAffinity], DefaultWeight = 2 },
        new PluginFactory<NodePorts>(nameof(NodePorts), static _ => new()) { Reads = [Inputs.PodInputs.Ports] },
        new PluginFactory<NodeResourcesFit>(NodeResourcesFit.Name, static context => new(context)) { Reads = [Inputs.PodInputs.Resources] },
        new PluginFactory<PodTopologySpread>(nameof(PodTopologySpread), static context => new(context))
        {
            Reads = [Inputs.PodInputs.SpreadConstraints, Inputs.PodInputs.NodeAffinity, Inputs.PodInputs.Tolerations],
            DefaultWeight = 2,
        },
        new PluginFactory<InterPodAffinity>(nameof(InterPodAffinity), static context => new(context)) { Reads = [Inputs.PodInputs.AffinityTerms], DefaultWeight = 2 },
        new PluginFactory<DefaultPreemption>(nameof(DefaultPreemption), static context => new(context)) { Follows = [Inputs.ObjectInputs.PodDisruptionBudgets] },
        new PluginFactory<BalancedAllocation>(BalancedAllocation.Name, static context => new(context)) { Reads = [Inputs.PodInputs.Resources] },
    ]);

    /// <summary>What kube-scheduler has besides. Whoever disables one of these gets what he asked for.</summary>
    internal static readonly FrozenSet<string> Elsewhere = FrozenSet.Create(
        StringComparer.Ordinal,
        "SchedulingGates", "PrioritySort", "DefaultBinder", "ImageLocality", "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding",
        "VolumeZone", "DynamicResources", "EBSLimits", "GCEPDLimits", "AzureDiskLimits", "NodeDeclaredFeatures", "GangScheduling");

    private readonly FrozenDictionary<string, PluginFactory> _byName;

    /// <summary>Registers plugins, in the order in which they are asked.</summary>
    /// <exception cref="ArgumentException">Two have the same name.</exception>
    public PluginRegistry(IEnumerable<PluginFactory> plugins)
    {
        All = [.. plugins];
        _byName = All.ToFrozenDictionary(plugin => plugin.Name, StringComparer.Ordinal);
        PodInputs = new PodInputSet(All.SelectMany(plugin => plugin.Reads).Concat(Inputs.PodInputs.OfCluster));
        ObjectInputs = [.. All.SelectMany(plugin => plugin.Follows).Distinct()];
        KeptObjectInputs = All.Where(plugin => plugin.IsKept).SelectMany(plugin => plugin.Follows).ToFrozenSet();
    }

    /// <summary>All plugins, in order.</summary>
    public IReadOnlyList<PluginFactory> All { get; }

    /// <summary>What has to be read of pods.</summary>
    public PodInputSet PodInputs { get; }

    /// <summary>The objects that the host has to follow for them, beside nodes, pods and namespaces.</summary>
    public IReadOnlyList<ObjectInput> ObjectInputs { get; }

    /// <summary>Those whose change makes what was kept of nodes old.</summary>
    internal FrozenSet<ObjectInput> KeptObjectInputs { get; }

    /// <summary>A plugin by its name; null if there is none.</summary>
    public PluginFactory? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A registry with more plugins, which are asked last.</summary>
    public PluginRegistry With(params IEnumerable<PluginFactory> more) => new(All.Concat(more));
}
