using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Checks the node's path of a volume and, if its type says so and nothing is there, creates it.</summary>
internal static class HostPathVolume
{
    private const UnixFileMode NewDirectoryMode = (UnixFileMode)0b111_101_101; // 0755
    private const UnixFileMode NewFileMode = (UnixFileMode)0b110_100_100; // 0644

    /// <summary>Returns the path.</summary>
    /// <exception cref="ConfigurationException">Something else is there.</exception>
    /// <exception cref="IOException">The system refused.</exception>
    public static string Prepare(V1HostPathVolumeSource source)
    {
        var path = source.Path;
        // Of a path without a type nothing is asked; container runtimes make it.
        if (source.Type is null or "" or "DirectoryOrCreate" && FileCalls.KindOf(path) == FileKind.Missing)
            Directory.CreateDirectory(path, NewDirectoryMode);
        else if (source.Type is "FileOrCreate" && FileCalls.KindOf(path) == FileKind.Missing)
            CreateFile(path);
        var (wanted, name) = source.Type switch
        {
            "DirectoryOrCreate" or "Directory" => (FileKind.Directory, "directory"),
            "FileOrCreate" or "File" => (FileKind.File, "file"),
            "Socket" => (FileKind.Socket, "socket file"),
            "CharDevice" => (FileKind.CharacterDevice, "character device"),
            "BlockDevice" => (FileKind.BlockDevice, "block device"),
            _ => (FileKind.Missing, ""),
        };
        return wanted == FileKind.Missing || FileCalls.KindOf(path) == wanted
            ? path
            : throw new ConfigurationException($"hostPath type check failed: {path} is not a {name}");
    }

    private static void CreateFile(string path)
    {
        try
        {
            using var created = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = NewFileMode });
        }
        catch (IOException) when (FileCalls.KindOf(path) != FileKind.Missing)
        {
            // Another pod was faster.
        }
    }
}
