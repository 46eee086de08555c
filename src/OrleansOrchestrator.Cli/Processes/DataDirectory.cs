using System.Buffers.Binary;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using OrleansOrchestrator.Cli.Failures;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>The folder in which a process keeps what it needs across restarts. Only its owner can read a new folder.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes sure that the folder exists and can be written.</summary>
    /// <exception cref="CommandException">The folder cannot be created or written.</exception>
    public static void Prepare(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                CreateForOwner(path);
            var probe = Path.Combine(path, ".write-probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CommandException($"cannot write to the data folder {path}: {exception.Message}", exception);
        }
    }

    /// <summary>An empty folder is restricted to its owner. A folder with contents keeps its mode, because others may use it too.</summary>
    [UnsupportedOSPlatform("windows")]
    private static void CreateForOwner(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly);
        if (!Directory.EnumerateFileSystemEntries(path).Any())
            File.SetUnixFileMode(path, OwnerOnly);
    }

    /// <summary>A number that depends only on the folder's path. Daemons of one machine derive different addresses from it.</summary>
    public static int IndexOf(string path)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(path)));
        return BinaryPrimitives.ReadUInt16BigEndian(hash);
    }
}
