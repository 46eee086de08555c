using System.Collections.Frozen;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>An extension point of a scheduling attempt, by its name in configurations.</summary>
internal sealed record ExtensionPoint(string Name, Type[] Interfaces)
{
    public static readonly ExtensionPoint PreFilter = new("preFilter", [typeof(IPreFilter)]);
    public static readonly ExtensionPoint Filter = new("filter", [typeof(INodeFilter), typeof(IClusterFilter)]);
    public static readonly ExtensionPoint PostFilter = new("postFilter", [typeof(IPostFilter)]);
    public static readonly ExtensionPoint Score = new("score", [typeof(INodeScore), typeof(IClusterScore)]);
    public static readonly ExtensionPoint Reserve = new("reserve", [typeof(IReserve)]);
    public static readonly ExtensionPoint PreBind = new("preBind", [typeof(IPreBind)]);

    /// <summary>The extension points in the order of an attempt.</summary>
    public static readonly IReadOnlyList<ExtensionPoint> All = [PreFilter, Filter, PostFilter, Score, Reserve, PreBind];

    /// <summary>The extension points that a plugin implements.</summary>
    public static IReadOnlySet<ExtensionPoint> Of(Type plugin) =>
        All.Where(point => Array.Exists(point.Interfaces, plugin.IsAssignableTo)).ToFrozenSet();

    public bool Equals(ExtensionPoint? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}
