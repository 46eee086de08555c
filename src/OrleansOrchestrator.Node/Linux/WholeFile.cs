using System.Text;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>Writes files as a whole: whoever reads one sees the former content or the new one, also if the daemon is killed
/// meanwhile.</summary>
/// <remarks>A <see cref="StateFile"/> needs no room on a full disk, and leaves a second file.</remarks>
internal static class WholeFile
{
    /// <summary>Writes a text.</summary>
    /// <exception cref="IOException">It cannot be written; the former content stays.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    /// <exception cref="IOException">They cannot be written; the former content stays.</exception>
    public static void Write(string path, byte[] content)
    {
        var draft = path + ".new";
        File.WriteAllBytes(draft, content);
        File.Move(draft, path, overwrite: true);
    }
}
