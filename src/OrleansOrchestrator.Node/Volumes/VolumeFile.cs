namespace OrleansOrchestrator.Node.Volumes;

/// <summary>One file of a volume with content from the API. Path is relative; mode is its permission bits.</summary>
internal sealed record VolumeFile(string Path, byte[] Content, int Mode);
