namespace OrleansOrchestrator.Node.Runtime;

/// <summary>An image that the runtime keeps in folders.</summary>
/// <param name="ImageId">The runtime's id of it.</param>
/// <param name="Folders">The folders of its layers on this machine, the topmost first.</param>
internal sealed record ImageLayers(string ImageId, IReadOnlyList<string> Folders);
