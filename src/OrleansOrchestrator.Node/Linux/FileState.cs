namespace OrleansOrchestrator.Node.Linux;

/// <summary>What the kernel tells of a file.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Its permission bits.</param>
/// <param name="Group">Its group.</param>
internal readonly record struct FileState(FileKind Kind, UnixFileMode Mode, uint Group);
