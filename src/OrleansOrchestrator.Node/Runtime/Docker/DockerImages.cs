using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Finds, pulls, builds, lists and removes images.</summary>
/// <param name="client">The connection to the engine.</param>
/// <param name="uses">When pods last used an image.</param>
/// <param name="requestTimeout">How long the engine may take to make an image.</param>
/// <param name="pullProgressDeadline">How long a pull may show no progress, as with the kubelet: an engine whose registry has fallen silent waits for ever.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class DockerImages(DockerClient client, ImageUses uses, TimeSpan requestTimeout, TimeSpan pullProgressDeadline, TimeProvider timeProvider)
{
    // How containerd marks images that must stay.
    private const string PinnedLabel = "io.cri-containerd.pinned";

    // What the engine says in place of a name or a digest that an image does not have.
    private const string NoName = "<none>";

    private readonly SemaphoreSlim _builtIn = new(1);

    public async Task<ImageResult> EnsureAsync(
        string image, ImagePullPolicy policy, Func<CancellationToken, Task<IReadOnlyList<RegistryCredential>>> credentials, CancellationToken cancellationToken)
    {
        var reference = ImageReference.Parse(image);
        try
        {
            if (BuiltInImages.Contains(image))
                return new ImageResult(await EnsureBuiltInAsync(image, cancellationToken), null, "");
            if (policy != ImagePullPolicy.Always && await FindAsync(image, cancellationToken) is { } present)
                return new ImageResult(present.Id, null, present.User);
            if (policy == ImagePullPolicy.Never)
                throw new RuntimeException(RuntimeException.ImageNeverPull, $"Container image \"{image}\" is not present with pull policy of Never");

            var found = await credentials(cancellationToken);
            var start = timeProvider.GetTimestamp();
            await RegistryCredential.TryEachAsync(
                found, credential => PullAsync(reference, credential, cancellationToken), static exception => exception is RuntimeException or DockerApiException);
            var pulled = await FindAsync(image, cancellationToken)
                ?? throw new RuntimeException(RuntimeException.ImagePull, $"image \"{image}\" is missing after it was pulled");
            return new ImageResult(pulled.Id, timeProvider.GetElapsedTime(start), pulled.User);
        }
        catch (Exception exception) when (DockerEngine.IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeException(RuntimeException.ImagePull, $"rpc error: {Text(exception)}", exception);
        }
    }

    public async Task<string> EnsureBuiltInAsync(string image, CancellationToken cancellationToken)
    {
        // Two pods that start together must not import the same image twice.
        await _builtIn.WaitAsync(cancellationToken);
        try
        {
            if (await FindAsync(image, cancellationToken) is { } present)
                return present.Id;
            await DockerEngine.CallAsync(token => BuiltInImages.ImportAsync(client, image, token), requestTimeout, RuntimeException.ImagePull, cancellationToken);
            return (await FindAsync(image, cancellationToken))?.Id
                ?? throw new RuntimeException(RuntimeException.ImagePull, $"image \"{image}\" is missing after it was imported");
        }
        finally
        {
            _builtIn.Release();
        }
    }

    /// <param name="inUse">The ids of the images of which there are containers.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<NodeImage>> ListAsync(IReadOnlySet<string> inUse, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetUtcNow();
        var found = await DockerEngine.CallAsync(
            async token => (await client.Images.ListImagesAsync(new ImagesListParameters(), token)) is { } images && images.All(image => image is { ID.Length: > 0 })
                ? images
                : throw new InvalidDataException("it lists what is no image"),
            DockerEngine.QuickTime, RuntimeException.Unavailable, cancellationToken);
        var used = uses.Update(found.Select(image => image.ID), inUse, began);
        return
        [
            .. found.Select(image =>
            {
                var digests = Named(image.RepoDigests);
                var tags = Named(image.RepoTags);
                return new NodeImage(image.ID, [.. digests, .. tags], image.Size)
                {
                    IsInUse = used.Contains(image.ID),
                    IsPinned = !NodeImage.CanBePulled(digests, tags) || tags.Exists(BuiltInImages.Contains) || image.Labels?.ContainsKey(PinnedLabel) is true,
                    LastUsed = uses.Of(image.ID),
                };
            }),
        ];
    }

    public async Task<bool> RemoveAsync(NodeImage image, TimeSpan within, CancellationToken cancellationToken)
    {
        // The engine knows only of containers.
        if (uses.FindShown().Contains(image.Id))
            return false;

        // By its names and without force, so that the engine refuses if somebody has just made a container from it.
        foreach (var name in image.Names.DefaultIfEmpty(image.Id))
        {
            try
            {
                await DockerEngine.CallAsync(
                    token => client.Images.DeleteImageAsync(name, new ImageDeleteParameters(), token), within, RuntimeException.Unavailable, cancellationToken);
            }
            catch (RuntimeException exception) when (DockerErrors.CodeOf(exception) is HttpStatusCode.NotFound)
            {
                // It went with another name.
            }
            catch (RuntimeException exception) when (DockerErrors.CodeOf(exception) is HttpStatusCode.Conflict)
            {
                return false;
            }
        }

        return true;
    }

    private static List<string> Named(IList<string>? names) => [.. (names ?? []).Where(name => !name.Contains(NoName, StringComparison.Ordinal))];

    private async Task<FoundImage?> FindAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            var found = await InspectAsync(image, cancellationToken);
            var id = found.RepoDigests is { Count: > 0 } digests ? $"docker-pullable://{digests[0]}" : $"docker://{found.ID}";
            uses.Note(found.ID);
            return new FoundImage(id, found.Config?.User ?? "");
        }
        catch (RuntimeException exception) when (DockerErrors.CodeOf(exception) == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Finds the layers of an image on this machine.</summary>
    /// <exception cref="RuntimeException">The image is not here, or the engine keeps it in another way.</exception>
    public async Task<ImageLayers> FindLayersAsync(string image, CancellationToken cancellationToken)
    {
        var found = await InspectAsync(image, cancellationToken);
        var data = found.GraphDriver is { Name: "overlay2", Data: { } known } ? known : new Dictionary<string, string>();
        List<string> layers = [];
        if (data.TryGetValue("UpperDir", out var top))
            layers.Add(top);
        if (data.TryGetValue("LowerDir", out var lower))
            layers.AddRange(lower.Split(':'));
        return layers.Count > 0 && layers.TrueForAll(Directory.Exists)
            ? new ImageLayers(found.ID, [.. layers.Select(ShortNameOf)])
            : throw new RuntimeException(RuntimeException.ImagePull, $"the engine does not keep image \"{image}\" as layers on this machine, so that it cannot be mounted");
    }

    private Task<ImageInspectResponse> InspectAsync(string image, CancellationToken cancellationToken) => DockerEngine.CallAsync(
        async token => await client.Images.InspectImageAsync(image, token) is { ID.Length: > 0 } found ? found : throw new InvalidDataException("an image without an id"),
        DockerEngine.QuickTime, RuntimeException.ImagePull, cancellationToken);

    /// <summary>The short name that the engine keeps of a layer, so that the names of many fit in one mount.</summary>
    private static string ShortNameOf(string layer)
    {
        var folder = Path.GetDirectoryName(layer)!;
        var link = Path.Combine(folder, "link");
        return File.Exists(link) ? Path.Combine(Path.GetDirectoryName(folder)!, "l", File.ReadAllText(link)) : layer;
    }

    private async Task PullAsync(ImageReference reference, RegistryCredential? credential, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(pullProgressDeadline, timeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        var progress = new PullProgress(() => silence.CancelAfter(pullProgressDeadline));
        var parameters = new ImagesCreateParameters { FromImage = reference.Repository, Tag = reference.TagOrDigest };
        var auth = credential is null ? null : new AuthConfig
        {
            ServerAddress = credential.Server,
            Username = credential.Username,
            Password = credential.Password,
            IdentityToken = credential.IdentityToken,
            RegistryToken = credential.RegistryToken,
        };
        try
        {
            await client.Images.CreateImageAsync(parameters, auth, progress, limit.Token);
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeException(RuntimeException.ImagePull, $"the pull has shown no progress for {pullProgressDeadline.TotalSeconds} s");
        }

        if (progress.Error is { } error)
            throw new RuntimeException(RuntimeException.ImagePull, error);
    }

    private static string Text(Exception exception) =>
        exception is DockerApiException { ResponseBody: { Length: > 0 } body } ? DockerErrors.MessageOf(body) : exception.Message;

    private sealed record FoundImage(string Id, string User);

    /// <summary>Reads a pull's progress: a pull may fail within an answer that began as a success.</summary>
    private sealed class PullProgress(Action reported) : IProgress<JSONMessage>
    {
        public string? Error { get; private set; }

        public void Report(JSONMessage value)
        {
            Error ??= value.Error?.Message;
            reported();
        }
    }
}
