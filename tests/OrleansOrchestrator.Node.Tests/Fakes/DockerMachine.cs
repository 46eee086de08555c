using Docker.DotNet;
using Docker.DotNet.Models;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;

// One for all classes: they share the image.
[assembly: AssemblyFixture(typeof(OrleansOrchestrator.Node.Tests.Fakes.DockerMachine))]

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>The Docker engine of this machine with an image around busybox; checks at the end that no container is left.</summary>
public sealed class DockerMachine : IAsyncLifetime
{
    // A name of this run's own, so that test runs beside each other do not remove each other's image.
    internal static readonly string Image = $"orleansorchestrator-test/busybox:{Guid.NewGuid():N}";
    private static readonly TimeSpan RunsMax = TimeSpan.FromHours(2);

    private DockerClient? _client;

    internal DockerClient Client => _client ?? throw new InvalidOperationException("There is no engine.");

    public async ValueTask InitializeAsync()
    {
        if (await NodeRuntimes.DetectAsync() != RuntimeKind.Docker || !File.Exists("/bin/busybox"))
            return;
        _client = DockerEngine.Connect(null);
        await RemoveOldImagesAsync();
        await ImportAsync(Image.Split(':')[0], Image.Split(':')[1]);
    }

    /// <summary>Removes the images of runs that were killed. Those of a run beside this one are younger.</summary>
    private async Task RemoveOldImagesAsync()
    {
        var repository = Image.Split(':')[0];
        foreach (var image in await Client.Images.ListImagesAsync(new ImagesListParameters(), CancellationToken.None))
        {
            if (image.Created > TimeProvider.System.GetUtcNow().UtcDateTime - RunsMax)
                continue;
            foreach (var tag in image.RepoTags?.Where(tag => tag.StartsWith(repository + ":", StringComparison.Ordinal)) ?? [])
                await Client.Images.DeleteImageAsync(tag, new ImageDeleteParameters(), CancellationToken.None);
        }
    }

    /// <summary>Makes an image of busybox. Whoever makes another one than <see cref="Image"/> removes it.</summary>
    internal async Task ImportAsync(string repository, string tag)
    {
        using var layer = new MemoryStream(await ImageArchive.BusyboxLayerAsync());
        await Client.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = repository, Tag = tag, Message = "test", Changes = ["CMD [\"/bin/sh\"]"] },
            layer, null, new Progress<JSONMessage>(), CancellationToken.None);
    }

    public void SkipIfAbsent() => Assert.SkipWhen(_client is null, "This machine has no Docker engine or no static busybox.");

    public async ValueTask DisposeAsync()
    {
        if (_client is null)
            return;
        await _client.Images.DeleteImageAsync(Image, new ImageDeleteParameters { Force = true }, CancellationToken.None);
        _client.Dispose();
    }

    internal static Task<IList<ContainerListResponse>> ContainersOfAsync(DockerClient client, TestNode node) => client.Containers.ListContainersAsync(
        new ContainersListParameters
        {
            All = true,
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [$"{ContainerLabels.Node}={node.Options.Name}"] = true, [$"{ContainerLabels.Cluster}={node.Api.ClusterId}"] = true } },
        });
}
