using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>The log files of one container. The runtime writes the newest; the node moves it aside when it is large.</summary>
internal sealed class CriLog
{
    /// <summary>As Docker's runtime here: three files of ten megabytes.</summary>
    public const long FileBytesMax = 10 * 1024 * 1024;
    private const int FilesMax = 3;

    private readonly string _path;
    private int _rotations;

    /// <param name="path">The path of the newest file.</param>
    public CriLog(string path) => _path = path;

    /// <summary>How often the file was moved aside. A reader that sees another number reads its file to the end and opens the next.</summary>
    public int Rotations => Volatile.Read(ref _rotations);

    /// <summary>The folder for the logs of a pod.</summary>
    public static string FolderOf(string podDirectory) => Path.Combine(podDirectory, "logs");

    /// <summary>The path of a log in the pod's folder.</summary>
    public static string NameOf(string container, int attempt) => string.Create(CultureInfo.InvariantCulture, $"{container}_{attempt}.log");

    /// <summary>Opens the newest file; null if there is none yet.</summary>
    public FileStream? OpenNewest() => Open(_path);

    /// <summary>Opens the older files, oldest first.</summary>
    public IEnumerable<FileStream> OpenOlder()
    {
        for (var age = FilesMax - 1; age > 0; age--)
        {
            if (Open(OlderPath(age)) is { } file)
                yield return file;
        }
    }

    /// <summary>Moves the newest file aside if it is large.</summary>
    /// <param name="reopen">Lets the runtime begin a new file.</param>
    public async Task RotateAsync(Func<Task> reopen)
    {
        var newest = new FileInfo(_path);

        // A file that was moved aside, without a new one, is left by a runtime that did not answer: it is asked again.
        if (newest.Exists ? newest.Length <= FileBytesMax : !File.Exists(OlderPath(1)))
            return;
        if (newest.Exists)
            MoveAside();
        await reopen();
        Interlocked.Increment(ref _rotations);
    }

    private void MoveAside()
    {
        for (var age = FilesMax - 1; age > 1; age--)
        {
            if (File.Exists(OlderPath(age - 1)))
                File.Move(OlderPath(age - 1), OlderPath(age), overwrite: true);
        }

        File.Move(_path, OlderPath(1), overwrite: true);
    }

    /// <summary>What the files take on their disk.</summary>
    public StorageUsage Measure()
    {
        var lengths = Enumerable.Range(0, FilesMax).Select(age => new FileInfo(age == 0 ? _path : OlderPath(age))).Where(file => file.Exists).Select(file => file.Length).ToList();
        return new StorageUsage(lengths.Sum(), lengths.Count);
    }

    /// <summary>Removes all files.</summary>
    public void Remove()
    {
        File.Delete(_path);
        for (var age = 1; age < FilesMax; age++)
            File.Delete(OlderPath(age));
    }

    private string OlderPath(int age) => string.Create(CultureInfo.InvariantCulture, $"{_path}.{age}");

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
