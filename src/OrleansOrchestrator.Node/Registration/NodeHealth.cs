using System.Collections.Immutable;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Registration;

/// <summary>How the node is, as its conditions tell.</summary>
/// <param name="Fault">Why the node cannot run pods now; null if it can.</param>
/// <param name="Pressures">What it is short of.</param>
internal readonly record struct NodeHealth(string? Fault, ImmutableArray<PressureCondition> Pressures)
{
    /// <summary>Whether the conditions are the same.</summary>
    public bool SameAs(NodeHealth other) => Fault == other.Fault && Holding().SequenceEqual(other.Holding());

    /// <summary>Whether the node is short of something.</summary>
    public bool Holds(PressureCondition condition) => Holding().Contains(condition);

    private IEnumerable<PressureCondition> Holding() => Pressures.IsDefault ? [] : Pressures;
}
