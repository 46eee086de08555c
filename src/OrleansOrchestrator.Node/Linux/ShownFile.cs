using System.Text;

namespace OrleansOrchestrator.Node.Linux;

/// <summary>A file that containers have mounted themselves, so that it is written and not replaced.</summary>
internal static class ShownFile
{
    /// <summary>Writes the content unless the file has it. On a full disk the file keeps what it had.</summary>
    /// <exception cref="IOException">The content cannot be written.</exception>
    public static void Write(string path, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var before = File.Exists(path) ? File.ReadAllBytes(path) : [];
        if (File.Exists(path) && before.AsSpan().SequenceEqual(bytes))
            return;
        using var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write);
        try
        {
            RandomAccess.Write(handle, bytes, 0);
            RandomAccess.SetLength(handle, bytes.Length);
        }
        catch (IOException)
        {
            // Its room is still its own.
            RandomAccess.Write(handle, before, 0);
            RandomAccess.SetLength(handle, before.Length);
            throw;
        }
    }
}
