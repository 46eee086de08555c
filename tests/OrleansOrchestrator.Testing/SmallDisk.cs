using System.Diagnostics;

namespace OrleansOrchestrator.Testing;

/// <summary>A file system of a few megabytes in memory, which a test can fill up. Mounting it requires root.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _ballast;

    private SmallDisk(string folder)
    {
        Folder = folder;
        _ballast = Path.Combine(folder, "ballast");
    }

    /// <summary>The mount point.</summary>
    public string Folder { get; }

    /// <summary>Mounts a file system.</summary>
    /// <returns>The file system; null if mounting is not allowed here.</returns>
    public static async Task<SmallDisk?> TryMountAsync(int megabytes, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return null;
        var folder = Directory.CreateTempSubdirectory("orchestrator-disk-").FullName;
        if (await RunAsync("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder], cancellationToken) != 0)
        {
            Directory.Delete(folder);
            return null;
        }

        await PostgreSqlBinaries.GiveToServerAccountAsync(folder, cancellationToken);
        return new SmallDisk(folder);
    }

    /// <summary>Fills the file system up.</summary>
    public void Fill()
    {
        using var file = new FileStream(_ballast, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Seek(0, SeekOrigin.End);
        var block = new byte[4096];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // The file system is full.
        }
    }

    /// <summary>Frees the space again that was filled.</summary>
    public void Empty() => File.Delete(_ballast);

    /// <summary>Makes the file system read-only or writable. It cannot become read-only while a file is open for writing.</summary>
    /// <returns>Whether the change succeeded.</returns>
    public async Task<bool> MakeReadOnlyAsync(bool isReadOnly, CancellationToken cancellationToken) =>
        await RunAsync("mount", ["-o", isReadOnly ? "remount,ro" : "remount,rw", Folder], cancellationToken) == 0;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", ["--lazy", Folder], CancellationToken.None);
        Directory.Delete(Folder);
    }

    private static async Task<int> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }
}
