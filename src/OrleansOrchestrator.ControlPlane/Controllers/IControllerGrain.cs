using OrleansOrchestrator.ControlPlane.Hosting;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>Turns changes into keys, and hands each key to the reconciler of its object. The key is the reconciler's name.</summary>
[Alias("IControllerGrain")]
internal interface IControllerGrain : IAlwaysWantedGrain;
