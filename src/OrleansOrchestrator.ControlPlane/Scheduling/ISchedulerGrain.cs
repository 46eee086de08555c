using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.Scheduling;

/// <summary>Places pods on nodes: those that ask, by <c>spec.schedulerName</c>, for one of the profiles. There is one, for all of them.</summary>
[Alias("ISchedulerGrain")]
internal interface ISchedulerGrain : ISingletonGrain;
