using System.Globalization;
using k8s.Models;

namespace OrleansOrchestrator.Kinds.Scheduling;

/// <summary>The priority classes that every cluster has, for the pods that keep it running.</summary>
public static class SystemPriorityClasses
{
    /// <summary>The prefix that is reserved for these classes.</summary>
    public const string Prefix = "system-";

    /// <summary>The highest value that other classes may have.</summary>
    public const int UserValueMax = 1_000_000_000;

    /// <summary>The value of <c>system-cluster-critical</c>.</summary>
    public const int ClusterCritical = 2_000_000_000;

    /// <summary>The value of <c>system-node-critical</c>.</summary>
    public const int NodeCritical = 2_000_001_000;

    /// <summary>Makes the classes.</summary>
    public static IReadOnlyList<V1PriorityClass> Create() =>
    [
        Create("system-cluster-critical", ClusterCritical,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."),
        Create("system-node-critical", NodeCritical,
            "Used for system critical pods that must not be moved from their current node."),
    ];

    /// <summary>Why a class with the reserved prefix is not one of the system's; null if it is.</summary>
    internal static string? FaultOf(V1PriorityClass obj)
    {
        var known = Create().FirstOrDefault(system => system.Metadata.Name == obj.Metadata.Name);
        if (known is null)
            return $"{obj.Metadata.Name} is not a known system priority class";
        if (known.Value != obj.Value)
            return string.Create(CultureInfo.InvariantCulture, $"value of {known.Metadata.Name} PriorityClass must be {known.Value}");
        return obj.GlobalDefault == true ? $"globalDefault of {known.Metadata.Name} PriorityClass must be false" : null;
    }

    private static V1PriorityClass Create(string name, int value, string description) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Value = value,
        Description = description,
    };
}
