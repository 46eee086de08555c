using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The name of an image in the parts that an engine takes. A name without tag or digest means <c>latest</c>.</summary>
internal sealed partial record ImageReference(string Repository, string TagOrDigest)
{
    /// <exception cref="RuntimeException">The name is not a valid image reference.</exception>
    public static ImageReference Parse(string image)
    {
        if (!Grammar().IsMatch(image))
            throw new RuntimeException(RuntimeException.InvalidImageName, $"Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": invalid reference format");
        return OfKnown(image);
    }

    /// <summary>The parts of a name that an engine tells, which is valid.</summary>
    public static ImageReference OfKnown(string image)
    {
        if (image.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
            return new(image[..at], image[(at + 1)..]);
        var colon = image.LastIndexOf(':');
        return colon > image.LastIndexOf('/') ? new(image[..colon], image[(colon + 1)..]) : new(image, "latest");
    }

    [GeneratedRegex(@"^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[a-z0-9+._-]+:[0-9a-fA-F]{32,})?$")]
    private static partial Regex Grammar();
}
