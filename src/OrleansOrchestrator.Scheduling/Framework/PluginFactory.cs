using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The name, the inputs and the construction of a plugin.</summary>
public abstract class PluginFactory
{
    private protected PluginFactory(string name) => Name = name;

    /// <summary>The plugin's name in configurations and messages.</summary>
    public string Name { get; }

    /// <summary>The parts of a pod's specification that it reads, beyond the pod's name, labels, owner and priority.</summary>
    internal IReadOnlyList<PodInput> Reads { get; init; } = [];

    /// <summary>The objects that it reads beside nodes, pods and namespaces.</summary>
    internal IReadOnlyList<ObjectInput> Follows { get; init; } = [];

    /// <summary>The weight of its score without configuration.</summary>
    internal int DefaultWeight { get; init; } = 1;

    /// <summary>The extension points that it implements.</summary>
    internal abstract IReadOnlySet<ExtensionPoint> Points { get; }

    /// <summary>Whether its evaluation of a node is cached until the node changes.</summary>
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

/// <summary>The constructor arguments of a plugin.</summary>
/// <param name="Arguments">Its configured arguments; empty if there are none.</param>
/// <param name="Cluster">The cluster.</param>
/// <param name="Trial">Asks what would be if other pods left a node.</param>
internal sealed record PluginContext(ConfigurationReader Arguments, SchedulerCache Cluster, Trial Trial);
