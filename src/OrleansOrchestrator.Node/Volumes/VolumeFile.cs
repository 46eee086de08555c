namespace OrleansOrchestrator.Node.Volumes;

/// <summary>One file of a volume with content from the API.</summary>
/// <param name="Path">Its relative path.</param>
/// <param name="Content">Its content.</param>
/// <param name="Mode">Its permission bits.</param>
/// <param name="Owner">The user who owns it; null for the daemon's.</param>
internal sealed record VolumeFile(string Path, byte[] Content, int Mode, long? Owner = null);
