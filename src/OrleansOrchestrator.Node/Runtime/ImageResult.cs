namespace OrleansOrchestrator.Node.Runtime;

/// <summary>An image on the node.</summary>
/// <param name="ImageId">Its id.</param>
/// <param name="PullDuration">How long it took to pull; null if it was there already.</param>
/// <param name="User">Whom its containers run as if they do not say: a number or a name, with or without a group; empty for root.</param>
internal sealed record ImageResult(string ImageId, TimeSpan? PullDuration, string User);
