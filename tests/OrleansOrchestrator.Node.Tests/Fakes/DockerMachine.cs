using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Runtime.Docker;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>The Docker engine of this machine with an image around busybox; checks at the end that no container is left.</summary>
public sealed class DockerMachine : IAsyncLifetime
{
    internal const string Image = "orleansorchestrator-test/busybox:1";
    private DockerClient? _client;

    internal DockerClient Client => _client ?? throw new InvalidOperationException("There is no engine.");

    public async ValueTask InitializeAsync()
    {
        if (await NodeRuntimes.DetectAsync() != RuntimeKind.Docker || !File.Exists("/bin/busybox"))
            return;
        _client = DockerEngine.Connect(null);
        using var layer = new MemoryStream();
        await using (var tar = new TarWriter(layer, TarEntryFormat.Ustar, leaveOpen: true))
            await AddBusyboxAsync(tar);
        layer.Position = 0;
        await _client.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = Image.Split(':')[0], Tag = "1", Message = "test", Changes = ["CMD [\"/bin/sh\"]"] },
            layer, null, new Progress<JSONMessage>(), CancellationToken.None);
    }

    public void SkipIfAbsent() => Assert.SkipWhen(_client is null, "This machine has no Docker engine or no static busybox.");

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        return ValueTask.CompletedTask;
    }

    internal async Task<IList<ContainerListResponse>> ContainersOfAsync(string node) => await Client.Containers.ListContainersAsync(
        new ContainersListParameters
        {
            All = true,
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [$"{ContainerLabels.Node}={node}"] = true } },
        });

    private static async Task AddBusyboxAsync(TarWriter tar)
    {
        foreach (var directory in new[] { "bin/", "etc/", "tmp/", "data/", "proc/", "sys/", "dev/" })
            await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.Directory, directory) { Mode = (UnixFileMode)0b1_111_111_111 });
        await using var busybox = File.OpenRead("/bin/busybox");
        await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox") { Mode = (UnixFileMode)0b111_101_101, DataStream = busybox });
        foreach (var tool in new[] { "sh", "sleep", "cat", "echo", "nc", "id", "hostname", "test", "touch", "ls", "ps", "wget", "httpd", "true", "false" })
            await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.SymbolicLink, $"bin/{tool}") { LinkName = "busybox" });
    }
}
