namespace OrleansOrchestrator.Node.Options;

/// <summary>How long pods of some priorities may take to end when the machine goes down.</summary>
/// <param name="Priority">The lowest of these priorities. Pods below the lowest of all entries belong to it too.</param>
/// <param name="ShutdownGracePeriodSeconds">The time of these pods, in seconds.</param>
public sealed record PriorityGracePeriod(int Priority, long ShutdownGracePeriodSeconds);
