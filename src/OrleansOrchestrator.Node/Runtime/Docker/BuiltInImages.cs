using System.Formats.Tar;
using System.Runtime.InteropServices;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>The images that a node builds at their first use, so that it needs no registry.</summary>
internal static class BuiltInImages
{
    /// <summary>The image of sandboxes.</summary>
    public const string Pause = "orleansorchestrator/pause:1";

    /// <summary>An empty root for pods that mount the host's <c>/usr</c>, <c>/bin</c> and libraries.</summary>
    public const string Host = "orleansorchestrator/host:1";

    private const UnixFileMode Everyone = (UnixFileMode)0b111_101_101; // 0755
    private const UnixFileMode Scratch = (UnixFileMode)0b1_111_111_111; // 1777

    private static readonly string[] HostDirectories =
        ["bin", "dev", "etc", "home", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var"];

    public static bool Contains(string image) => image is Pause or Host;

    /// <summary>Imports the image into the engine.</summary>
    public static async Task ImportAsync(DockerClient client, string image, CancellationToken cancellationToken)
    {
        using var layer = new MemoryStream();
        await using (var tar = new TarWriter(layer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            if (image == Pause)
                await AddPauseAsync(tar, cancellationToken);
            else
                await AddDirectoriesAsync(tar, cancellationToken);
        }

        layer.Position = 0;
        var parts = image.Split(':');
        var parameters = new ImagesCreateParameters
        {
            FromSrc = "-",
            Repo = parts[0],
            Tag = parts[1],
            Message = "Made by the node daemon",
            Changes = image == Pause ? ["ENTRYPOINT [\"/pause\"]"] : ["ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"],
        };
        await client.Images.CreateImageAsync(parameters, layer, null, new Progress<JSONMessage>(), cancellationToken);
    }

    private static async Task AddPauseAsync(TarWriter tar, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(PauseExecutable.Emit(RuntimeInformation.OSArchitecture));
        var entry = new UstarTarEntry(TarEntryType.RegularFile, "pause") { Mode = Everyone, DataStream = content };
        await tar.WriteEntryAsync(entry, cancellationToken);
    }

    private static async Task AddDirectoriesAsync(TarWriter tar, CancellationToken cancellationToken)
    {
        foreach (var name in HostDirectories)
        {
            var entry = new UstarTarEntry(TarEntryType.Directory, name + "/") { Mode = name == "tmp" ? Scratch : Everyone };
            await tar.WriteEntryAsync(entry, cancellationToken);
        }
    }
}
