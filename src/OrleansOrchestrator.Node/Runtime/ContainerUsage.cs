namespace OrleansOrchestrator.Node.Runtime;

/// <summary>What a container has used up to a moment.</summary>
/// <param name="CpuNanoseconds">The processor time since its start.</param>
/// <param name="WorkingSetBytes">The memory that the kernel cannot take back at once.</param>
internal readonly record struct ContainerUsage(long CpuNanoseconds, long WorkingSetBytes);
