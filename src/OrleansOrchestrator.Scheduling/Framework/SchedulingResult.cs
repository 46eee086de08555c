namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The result of a search for a node: a <see cref="Placement"/> or an <see cref="Unschedulable"/>.</summary>
public abstract record SchedulingResult;

/// <summary>The chosen node of a pod.</summary>
/// <param name="NodeName">The node's name.</param>
/// <param name="Score">The weighted sum of its scores.</param>
public sealed record Placement(string NodeName, int Score) : SchedulingResult;
