namespace OrleansOrchestrator.Node.Linux;

/// <summary>Makes folders whose mode and group are set once: whoever gets the folder may change them.</summary>
internal static class NewFolder
{
    /// <summary>The name of a folder while it is made, which no other folder beside it has.</summary>
    public const string Unfinished = ".new";

    // One at a time, because two pods may have the same volume.
    private static readonly Lock Making = new();

    /// <summary>Makes a folder unless it is there. Whoever sees it sees its mode and group, also after a crash.</summary>
    /// <param name="path">Its path. Only the daemon can change the folder that it is in.</param>
    /// <param name="mode">Its mode, which the process's umask does not restrict.</param>
    /// <param name="group">Its group; null for the daemon's.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Make(string path, UnixFileMode mode, long? group)
    {
        lock (Making)
        {
            if (Directory.Exists(path))
                return;
            var unfinished = Path.Combine(Path.GetDirectoryName(path)!, Unfinished);
            FolderTree.Remove(unfinished);
            Directory.CreateDirectory(unfinished);
            if (group is { } id)
                FileCalls.SetGroup(unfinished, id);
            File.SetUnixFileMode(unfinished, mode);
            FileCalls.Replace(unfinished, path);
        }
    }
}
