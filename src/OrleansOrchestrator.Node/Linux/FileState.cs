namespace OrleansOrchestrator.Node.Linux;

/// <summary>What the kernel tells of a file.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Its permission bits.</param>
/// <param name="Group">Its group.</param>
/// <param name="Id">Which file it is.</param>
/// <param name="Names">How many names it has.</param>
/// <param name="AllocatedBytes">What it takes on its disk.</param>
/// <param name="Mount">The kernel's number of the mount that it is on; null if the kernel does not tell (before Linux 5.8).</param>
internal readonly record struct FileState(FileKind Kind, UnixFileMode Mode, uint Group, FileId Id, uint Names, long AllocatedBytes, long? Mount);

/// <summary>A file, whatever its names are.</summary>
/// <param name="Device">Its file system.</param>
/// <param name="Inode">Its number there.</param>
internal readonly record struct FileId(ulong Device, ulong Inode);
