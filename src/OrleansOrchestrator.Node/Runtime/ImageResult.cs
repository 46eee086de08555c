namespace OrleansOrchestrator.Node.Runtime;

/// <summary>An image on the node.</summary>
/// <param name="ImageId">Its id.</param>
/// <param name="PullDuration">The duration of the pull; null if the image was present.</param>
/// <param name="User">The default user of its containers: a number or a name, with or without a group; empty for root.</param>
internal sealed record ImageResult(string ImageId, TimeSpan? PullDuration, string User);
