using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Gets the images of pods with their secrets and the node's own credentials, and tells of it in events.</summary>
internal sealed class ImagePuller(IContainerRuntime runtime, PullSecrets secrets, NodeRegistryConfig own, EventRecorder events) : IImageVolumes
{
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container that the events are about; null for a volume.</param>
    /// <param name="image">The image.</param>
    /// <param name="policy">When to pull it; empty for the usual rule.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RuntimeException">There is no image; events already report it.</exception>
    public async Task<ImageResult> PullAsync(V1Pod pod, string? container, string image, string? policy, CancellationToken cancellationToken)
    {
        try
        {
            var result = await runtime.EnsureImageAsync(image, PolicyOf(policy, image), PrepareToPullAsync, cancellationToken);
            if (runtime.HasImages)
            {
                events.Record(pod, container, EventType.Normal, "Pulled", result.PullDuration is { } duration
                    ? $"Successfully pulled image \"{image}\" in {GoDuration.Format(duration)}"
                    : $"Container image \"{image}\" already present on machine");
            }

            return result;
        }
        catch (RuntimeException exception)
        {
            var (reason, message) = exception.Reason switch
            {
                RuntimeException.ImageNeverPull => (exception.Reason, exception.Message),
                RuntimeException.InvalidImageName => ("InspectFailed", exception.Message),
                _ => ("Failed", $"Failed to pull image \"{image}\": {exception.Message}"),
            };
            events.Record(pod, container, EventType.Warning, reason, message);
            events.Record(pod, container, EventType.Warning, "Failed", $"Error: {exception.Reason}");
            throw;
        }

        Task<IReadOnlyList<RegistryCredential>> PrepareToPullAsync(CancellationToken token)
        {
            events.Record(pod, container, EventType.Normal, "Pulling", $"Pulling image \"{image}\"");
            return CredentialsAsync(pod, image, token);
        }
    }

    /// <inheritdoc/>
    public async Task<string> MountAsync(V1Pod pod, string volume, V1ImageVolumeSource image, string podDirectory, string place, CancellationToken cancellationToken)
    {
        if (Mounts.IsMounted(place))
        {
            // A daemon that ended while it mounted may have left it open for writing.
            Mounts.MakeReadOnly(place);
            return place;
        }

        try
        {
            var name = image.Reference ?? "";
            await PullAsync(pod, null, name, image.PullPolicy, cancellationToken);
            var layers = await runtime.FindLayersAsync(name, cancellationToken);
            ShownImages.Note(podDirectory, volume, layers.ImageId);
            Mounts.Layers(place, layers.Folders);
            return place;
        }
        catch (RuntimeException exception)
        {
            throw new ConfigurationException($"{exception.Reason}: {exception.Message}");
        }
    }

    /// <summary>The API server sets the policy. Without one, <c>latest</c> is always pulled and other tags only if missing.</summary>
    private static ImagePullPolicy PolicyOf(string? policy, string image) => policy switch
    {
        "Always" => ImagePullPolicy.Always,
        "Never" => ImagePullPolicy.Never,
        "IfNotPresent" => ImagePullPolicy.IfNotPresent,
        _ => image.EndsWith(":latest", StringComparison.Ordinal) ? ImagePullPolicy.Always : ImagePullPolicy.IfNotPresent,
    };

    private async Task<IReadOnlyList<RegistryCredential>> CredentialsAsync(V1Pod pod, string image, CancellationToken cancellationToken)
    {
        if (pod.Spec.ImagePullSecrets is not { Count: > 0 })
            return own.Find(image);
        var (credentials, missing) = await secrets.FindAsync(pod, image, cancellationToken);
        if (missing.Count > 0)
        {
            events.Record(
                pod, null, EventType.Warning, "FailedToRetrieveImagePullSecret",
                $"Unable to retrieve some image pull secrets ({string.Join(", ", missing)}); attempting to pull the image may not succeed.");
        }

        // As with the kubelet: what the pod brings is tried first.
        return [.. credentials, .. own.Find(image)];
    }
}
