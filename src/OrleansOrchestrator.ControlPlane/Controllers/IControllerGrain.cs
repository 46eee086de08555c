using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// One shard of a controller: reconciles the objects whose keys hash to it. The key is the controller's name and the shard's number,
/// such as <c>replication-controller/2</c>.
/// </summary>
[Alias("IControllerGrain")]
internal interface IControllerGrain : ISingletonGrain;
