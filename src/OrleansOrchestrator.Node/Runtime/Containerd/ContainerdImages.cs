using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Finds, pulls, lists and removes images.</summary>
internal sealed class ContainerdImages(CriConnection connection, ImageUses uses, TimeSpan requestTimeout, TimeProvider timeProvider)
{
    public async Task<ImageResult> EnsureAsync(
        string image, ImagePullPolicy policy, Func<CancellationToken, Task<IReadOnlyList<RegistryCredential>>> credentials, CancellationToken cancellationToken)
    {
        // Checks the name, so that a wrong one is not taken for a missing image.
        _ = ImageReference.Parse(image);
        if (policy != ImagePullPolicy.Always && await FindAsync(image, cancellationToken) is { } present)
            return Result(present, null);
        if (policy == ImagePullPolicy.Never)
            throw new RuntimeException(RuntimeException.ImageNeverPull, $"Container image \"{image}\" is not present with pull policy of Never");

        var found = await credentials(cancellationToken);
        var start = timeProvider.GetTimestamp();
        try
        {
            await RegistryCredential.TryEachAsync(
                found, credential => PullAsync(image, credential, cancellationToken), static exception => exception is RuntimeException);
        }
        catch (RuntimeException exception)
        {
            throw new RuntimeException(RuntimeException.ImagePull, CriErrors.TextOf(exception), exception);
        }

        var pulled = await FindAsync(image, cancellationToken)
            ?? throw new RuntimeException(RuntimeException.ImagePull, $"image \"{image}\" is missing after it was pulled");
        return Result(pulled, timeProvider.GetElapsedTime(start));
    }

    /// <param name="inUse">The ids of the images of which there are containers.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<NodeImage>> ListAsync(IReadOnlySet<string> inUse, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetUtcNow();
        var found = (await connection.CallAsync(
            options => connection.Images.ListImagesAsync(new Cri.ListImagesRequest(), options), CriConnection.QuickTime, RuntimeException.Unavailable, cancellationToken)).Images;
        var used = uses.Update(found.Select(image => image.Id), inUse, began);
        return
        [
            .. found.Select(image => new NodeImage(image.Id, [.. image.RepoDigests, .. image.RepoTags], (long)image.Size)
            {
                IsInUse = used.Contains(image.Id),
                IsPinned = image.Pinned || !NodeImage.CanBePulled(image.RepoDigests, image.RepoTags),
                LastUsed = uses.Of(image.Id),
            }),
        ];
    }

    public async Task<bool> RemoveAsync(NodeImage image, CancellationToken cancellationToken)
    {
        var request = new Cri.RemoveImageRequest { Image = new() { Image = image.Id } };
        await connection.CallAsync(
            options => connection.Images.RemoveImageAsync(request, options), requestTimeout, RuntimeException.Unavailable, cancellationToken);
        return true;
    }

    /// <summary>The folder of the images on this machine; null if the runtime does not tell.</summary>
    public async Task<string?> FindFolderAsync(CancellationToken cancellationToken)
    {
        var info = await connection.CallAsync(
            options => connection.Images.ImageFsInfoAsync(new Cri.ImageFsInfoRequest(), options), CriConnection.QuickTime, RuntimeException.Unavailable, cancellationToken);
        return info.ImageFilesystems.Select(place => place.FsId?.Mountpoint).FirstOrDefault(Directory.Exists);
    }

    private Task PullAsync(string image, RegistryCredential? credential, CancellationToken cancellationToken)
    {
        var request = new Cri.PullImageRequest { Image = new() { Image = image } };
        if (credential is not null)
        {
            request.Auth = new()
            {
                ServerAddress = credential.Server,
                Username = credential.Username,
                Password = credential.Password,
                IdentityToken = credential.IdentityToken,
                RegistryToken = credential.RegistryToken,
            };
        }

        // A large image takes as long as it takes, as with Docker.
        return connection.CallAsync(
            options => connection.Images.PullImageAsync(request, options), Timeout.InfiniteTimeSpan, RuntimeException.ImagePull, cancellationToken);
    }

    private static ImageResult Result(Cri.Image image, TimeSpan? pulled) =>
        new(image.RepoDigests.FirstOrDefault() ?? image.Id, pulled, image.Uid is { } uid ? uid.Value.ToString(CultureInfo.InvariantCulture) : image.Username);

    private async Task<Cri.Image?> FindAsync(string image, CancellationToken cancellationToken)
    {
        var request = new Cri.ImageStatusRequest { Image = new() { Image = image } };
        var found = (await connection.CallAsync(
            options => connection.Images.ImageStatusAsync(request, options), CriConnection.QuickTime, RuntimeException.ImagePull, cancellationToken)).Image;
        if (found is not null)
            uses.Note(found.Id);
        return found;
    }
}
