using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.Scheduling;

/// <summary>The scheduler of the cluster. It places the pods whose <c>spec.schedulerName</c> names one of its profiles.</summary>
[Alias("ISchedulerGrain")]
internal interface ISchedulerGrain : ISingletonGrain;
