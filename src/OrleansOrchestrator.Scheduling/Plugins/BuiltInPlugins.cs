using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;
using OrleansOrchestrator.Scheduling.Preemption;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>The plugins of this scheduler.</summary>
public static class BuiltInPlugins
{
    /// <summary>
    /// All plugins. Their order and weights are those of kube-scheduler's default profile, because the first filter that rejects a node
    /// decides which reason users read.
    /// </summary>
    public static readonly PluginRegistry Registry = new(
    [
        new PluginFactory<NodeUnschedulable>(nameof(NodeUnschedulable), static _ => new()) { Reads = [PodInputs.Tolerations] },
        new PluginFactory<NodeName>(nameof(NodeName), static _ => new()),
        new PluginFactory<TaintToleration>(nameof(TaintToleration), static _ => new()) { Reads = [PodInputs.Tolerations], DefaultWeight = 3 },
        new PluginFactory<NodeAffinity>(nameof(NodeAffinity), static context => new(context)) { Reads = [PodInputs.NodeAffinity], DefaultWeight = 2 },
        new PluginFactory<NodePorts>(nameof(NodePorts), static _ => new()) { Reads = [PodInputs.Ports] },
        new PluginFactory<NodeResourcesFit>(NodeResourcesFit.Name, static context => new(context)) { Reads = [PodInputs.Resources] },
        new PluginFactory<VolumeRestrictions>(nameof(VolumeRestrictions), static context => new(context)) { Follows = [ObjectInputs.PersistentVolumeClaims] },
        new PluginFactory<VolumeBinding>(nameof(VolumeBinding), static context => new(context))
        {
            Follows = [ObjectInputs.PersistentVolumeClaims, ObjectInputs.PersistentVolumes, ObjectInputs.StorageClasses],
        },
        new PluginFactory<VolumeZone>(nameof(VolumeZone), static context => new(context))
        {
            Follows = [ObjectInputs.PersistentVolumeClaims, ObjectInputs.PersistentVolumes],
        },
        new PluginFactory<PodTopologySpread>(nameof(PodTopologySpread), static context => new(context))
        {
            Reads = [PodInputs.SpreadConstraints, PodInputs.NodeAffinity, PodInputs.Tolerations],
            Follows = [ObjectInputs.Services],
            DefaultWeight = 2,
        },
        new PluginFactory<InterPodAffinity>(nameof(InterPodAffinity), static context => new(context)) { Reads = [PodInputs.AffinityTerms], DefaultWeight = 2 },
        new PluginFactory<DefaultPreemption>(nameof(DefaultPreemption), static context => new(context)) { Follows = [ObjectInputs.PodDisruptionBudgets] },
        new PluginFactory<BalancedAllocation>(BalancedAllocation.Name, static context => new(context)) { Reads = [PodInputs.Resources] },
        new PluginFactory<ImageLocality>(nameof(ImageLocality), static context => new(context)) { Reads = [PodInputs.Images] },
    ]);
}
