namespace OrleansOrchestrator.Node.Linux;

/// <summary>A small file with the last state of something. It changes as a whole, also on a full disk.</summary>
/// <remarks>
/// A successor is written beside it, and both exchange their names. So the next state goes where the last but one was: once there have
/// been two, none needs room that the disk may not have. A reader must not have it open over two changes.
/// </remarks>
/// <param name="path">The file.</param>
internal sealed class StateFile(string path)
{
    private readonly string _next = path + ".next";

    /// <summary>Replaces the state.</summary>
    /// <exception cref="IOException">It cannot be written; the last one stays.</exception>
    public void Write(string text)
    {
        Fill(_next, text);
        if (File.Exists(path))
        {
            FileCalls.Exchange(_next, path);
            return;
        }

        File.Move(_next, path, overwrite: true);
        Fill(_next, text);
    }

    /// <summary>The lines of the state; null if there is none.</summary>
    public string[]? ReadLines() => File.Exists(path) ? File.ReadAllLines(path) : null;

    /// <summary>Removes the state.</summary>
    public void Delete()
    {
        File.Delete(path);
        File.Delete(_next);
    }

    /// <summary>Writes over what the file has, without giving up its room in between.</summary>
    private static void Fill(string file, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        using var handle = File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.Write);
        RandomAccess.Write(handle, bytes, 0);
        if (RandomAccess.GetLength(handle) != bytes.Length)
            RandomAccess.SetLength(handle, bytes.Length);
    }
}
