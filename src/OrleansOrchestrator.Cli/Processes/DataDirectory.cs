using System.Buffers.Binary;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using OrleansOrchestrator.Cli.Failures;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>The folder in which a process keeps what it needs across restarts; only its owner can read it.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes sure that the folder exists and can be written.</summary>
    /// <exception cref="CommandException">It cannot.</exception>
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

    /// <summary>A folder that was made for us is ours to close; one that holds something already may be meant for others too.</summary>
    [UnsupportedOSPlatform("windows")]
    private static void CreateForOwner(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly);
        if (!Directory.EnumerateFileSystemEntries(path).Any())
            File.SetUnixFileMode(path, OwnerOnly);
    }

    /// <summary>A number that stays with the folder, by which daemons of one machine keep out of each other's addresses.</summary>
    public static int IndexOf(string path)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(path)));
        return BinaryPrimitives.ReadUInt16BigEndian(hash);
    }
}
