using OrleansOrchestrator.ControlPlane.Hosting;

namespace OrleansOrchestrator.ControlPlane.Scheduling;

/// <summary>Places pods on nodes. The key is the scheduler's name, which pods ask for by <c>spec.schedulerName</c>.</summary>
[Alias("ISchedulerGrain")]
internal interface ISchedulerGrain : ISingletonGrain;
