namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Reads files in which the kernel tells something.</summary>
internal static class ProcFile
{
    /// <summary>The lines of a file; none if it is gone or must not be read.</summary>
    public static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
