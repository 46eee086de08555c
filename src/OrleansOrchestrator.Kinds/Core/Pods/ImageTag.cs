namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>The parts of an image's name that decide when it is pulled.</summary>
/// <remarks>See github.com/distribution/reference: <c>[domain[:port]/]path[:tag][@digest]</c>.</remarks>
internal static class ImageTag
{
    /// <summary>Whether the image may change under its name: it has the tag <c>latest</c>, or neither tag nor digest.</summary>
    public static bool IsLatest(string image)
    {
        var digest = image.IndexOf('@', StringComparison.Ordinal);
        var name = digest < 0 ? image.AsSpan() : image.AsSpan(0, digest);

        // A colon before the last slash belongs to the registry's port.
        var colon = name.LastIndexOf(':');
        var hasTag = colon > name.LastIndexOf('/');
        return hasTag ? name[(colon + 1)..].SequenceEqual("latest") : digest < 0;
    }
}
