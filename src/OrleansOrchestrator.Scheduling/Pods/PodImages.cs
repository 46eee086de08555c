using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>The images that a pod needs on its node: those of its containers and of its image volumes.</summary>
/// <param name="Names">The images with their tags, each as often as the pod uses it.</param>
internal sealed record PodImages(IReadOnlyList<string> Names)
{
    public static readonly PodImages None = new([]);

    public static IReadOnlyList<string>? Select(V1PodSpec spec)
    {
        var images = (spec.InitContainers ?? []).Concat(spec.Containers ?? []).Select(static container => container?.Image)
            .Concat((spec.Volumes ?? []).Select(static volume => volume?.Image?.Reference).Where(static image => image is not null))
            .Select(static image => image ?? "").ToList();
        return images.Count == 0 ? null : images;
    }

    public static PodImages From(IReadOnlyList<string> images) => new([.. images.Select(Tagged)]);

    private static string Tagged(string image) => image.LastIndexOf(':') <= image.LastIndexOf('/') ? $"{image}:latest" : image;
}
