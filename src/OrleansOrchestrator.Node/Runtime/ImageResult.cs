namespace OrleansOrchestrator.Node.Runtime;

/// <summary>An image on the node. PullDuration is null if it was there already.</summary>
internal sealed record ImageResult(string ImageId, TimeSpan? PullDuration);
