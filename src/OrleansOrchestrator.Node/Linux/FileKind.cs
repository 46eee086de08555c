namespace OrleansOrchestrator.Node.Linux;

/// <summary>What a file is, in the kernel's numbers.</summary>
internal enum FileKind
{
    /// <summary>There is none.</summary>
    Missing = 0,
    CharacterDevice = 2,
    Directory = 4,
    BlockDevice = 6,
    File = 8,
    Link = 10,
    Socket = 12,
}
