using k8s.Models;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Shows images in volumes.</summary>
internal interface IImageVolumes
{
    /// <summary>Pulls the image as its policy says, and mounts its content for reading.</summary>
    /// <param name="pod">The pod, with its secrets for registries.</param>
    /// <param name="volume">The name of the volume.</param>
    /// <param name="image">The image.</param>
    /// <param name="podDirectory">The pod's folder on the node.</param>
    /// <param name="place">The folder to mount it at.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The path of the content.</returns>
    Task<string> MountAsync(V1Pod pod, string volume, V1ImageVolumeSource image, string podDirectory, string place, CancellationToken cancellationToken);
}
