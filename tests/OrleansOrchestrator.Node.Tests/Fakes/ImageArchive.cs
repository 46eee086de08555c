using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>Writes images of one layer as the archive that engines load.</summary>
internal static class ImageArchive
{
    private const UnixFileMode Everyone = (UnixFileMode)0b111_101_101; // 0755

    /// <param name="path">The archive.</param>
    /// <param name="image">The image's name with its tag.</param>
    /// <param name="layer">The layer, a tar archive.</param>
    /// <param name="entryPoint">The program that runs if a container names none.</param>
    public static async Task WriteAsync(string path, string image, byte[] layer, string entryPoint)
    {
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = "amd64",
            os = "linux",
            config = new { Entrypoint = new[] { entryPoint }, Env = new[] { "PATH=/bin" } },
            rootfs = new { type = "layers", diff_ids = new[] { $"sha256:{Convert.ToHexStringLower(SHA256.HashData(layer))}" } },
        });
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new[] { new { Config = "config.json", RepoTags = new[] { image }, Layers = new[] { "layer.tar" } } });
        await using var file = File.Create(path);
        await using var tar = new TarWriter(file, TarEntryFormat.Ustar);
        foreach (var (name, content) in new[] { ("config.json", config), ("layer.tar", layer), ("manifest.json", manifest) })
            await tar.WriteEntryAsync(FileOf(name, content));
    }

    /// <summary>A layer with one program.</summary>
    public static async Task<byte[]> LayerOfAsync(string name, byte[] program)
    {
        using var layer = new MemoryStream();
        await using (var tar = new TarWriter(layer, TarEntryFormat.Ustar, leaveOpen: true))
            await tar.WriteEntryAsync(FileOf(name, program));
        return layer.ToArray();
    }

    /// <summary>A layer with busybox, and the folders that a root needs.</summary>
    public static async Task<byte[]> BusyboxLayerAsync()
    {
        using var layer = new MemoryStream();
        await using (var tar = new TarWriter(layer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var directory in new[] { "bin/", "etc/", "tmp/", "data/", "proc/", "sys/", "dev/" })
                await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.Directory, directory) { Mode = (UnixFileMode)0b1_111_111_111 });
            await tar.WriteEntryAsync(FileOf("bin/busybox", await File.ReadAllBytesAsync("/bin/busybox")));
            foreach (var tool in new[] { "sh", "sleep", "cat", "echo", "nc", "id", "hostname", "test", "touch", "ls", "ps", "wget", "httpd", "true", "false", "stat", "dd", "mount" })
                await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.SymbolicLink, $"bin/{tool}") { LinkName = "busybox" });
        }

        return layer.ToArray();
    }

    private static UstarTarEntry FileOf(string name, byte[] content) =>
        new(TarEntryType.RegularFile, name) { Mode = Everyone, DataStream = new MemoryStream(content) };
}
