using OrleansOrchestrator.ControlPlane.Grains;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// One shard of a controller: reconciles the objects whose keys have its hash. The key is the controller's name and the number
/// of the shard, as in <c>replication-controller/2</c>.
/// </summary>
[Alias("IControllerGrain")]
internal interface IControllerGrain : ISingletonGrain;
