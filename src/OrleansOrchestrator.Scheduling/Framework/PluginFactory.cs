using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>How a plugin is found and made, and what it reads.</summary>
public abstract class PluginFactory
{
    private protected PluginFactory(string name) => Name = name;

    /// <summary>The name by which configurations and messages mean the plugin.</summary>
    public string Name { get; }

    /// <summary>The parts of a pod's specification that it reads beside the pod's name, labels, owner and priority.</summary>
    internal IReadOnlyList<PodInput> Reads { get; init; } = [];

    /// <summary>The objects that it reads beside nodes, pods and namespaces.</summary>
    internal IReadOnlyList<ObjectInput> Follows { get; init; } = [];

    /// <summary>How much its score weighs if the configuration does not say.</summary>
    internal int DefaultWeight { get; init; } = 1;

    /// <summary>The points that it implements.</summary>
    internal abstract IReadOnlySet<ExtensionPoint> Points { get; }

    /// <summary>Whether what it says of a node is kept while the node does not change.</summary>
    internal abstract bool IsKept { get; }

    internal abstract IPlugin Create(PluginContext context);
}

/// <inheritdoc cref="PluginFactory"/>
internal sealed class PluginFactory<T>(string name, Func<PluginContext, T> create) : PluginFactory(name)
    where T : IPlugin
{
    internal override IReadOnlySet<ExtensionPoint> Points { get; } = ExtensionPoint.Of(typeof(T));

    internal override bool IsKept { get; } = typeof(T).IsAssignableTo(typeof(INodeFilter)) || typeof(T).IsAssignableTo(typeof(INodeScore));

    internal override IPlugin Create(PluginContext context) => create(context);
}

/// <summary>What a plugin is made with.</summary>
/// <param name="Arguments">Its arguments; empty if the configuration has none for it.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="WhyNot">Why a pod does not fit on the node at a row, by all filters of the profile and with the pods that are nominated to it; null if it fits.</param>
internal sealed record PluginContext(ConfigurationReader Arguments, SchedulerCache Cluster, Func<PodInfo, int, Rejection?> WhyNot);
