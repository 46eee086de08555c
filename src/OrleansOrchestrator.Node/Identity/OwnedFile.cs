namespace OrleansOrchestrator.Node.Identity;

/// <summary>Files with secrets: readable by their owner alone, and replaced as a whole, so that nobody sees half of one.</summary>
internal static class OwnedFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Write(string path, string text)
    {
        var draft = $"{path}.{Guid.NewGuid():N}.new";
        try
        {
            using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            {
                using (var writer = new StreamWriter(file, leaveOpen: true))
                    writer.Write(text);
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }
    }
}
