using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.GarbageCollection;

/// <summary>An object as the garbage collector sees it.</summary>
/// <param name="Resource">Its resource.</param>
/// <param name="Object">The object.</param>
public sealed record CollectedObject(ResourceName Resource, KubeObject Object);
