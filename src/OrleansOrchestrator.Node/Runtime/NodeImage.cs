namespace OrleansOrchestrator.Node.Runtime;

/// <summary>An image that the node has.</summary>
/// <param name="Id">The runtime's id of it.</param>
/// <param name="Names">Its names, those with a digest first.</param>
/// <param name="SizeBytes">Its size, with the layers that it shares with others.</param>
internal sealed record NodeImage(string Id, IReadOnlyList<string> Names, long SizeBytes)
{
    /// <summary>Whether a container is made from it, also one of somebody else or one that has ended, or a volume of a pod shows it.</summary>
    public bool IsInUse { get; init; }

    /// <summary>Whether it must stay: it is the daemon's own, or marked so, or no registry has it.</summary>
    public bool IsPinned { get; init; }

    /// <summary>When a pod of this node last used it; null if none has. Others may share an engine, so that those images are
    /// theirs.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>Whether a registry has an image under all of its names. What has no digest was built or loaded by hand, and a tag in another
    /// repository than those of its digests was given by hand: nobody could pull it again.</summary>
    /// <param name="digests">Its names with a digest.</param>
    /// <param name="tags">Its names with a tag.</param>
    public static bool CanBePulled(IReadOnlyCollection<string> digests, IEnumerable<string> tags)
    {
        var repositories = digests.Select(digest => ImageReference.OfKnown(digest).Repository).ToHashSet(StringComparer.Ordinal);
        return repositories.Count > 0 && tags.All(tag => repositories.Contains(ImageReference.OfKnown(tag).Repository));
    }
}
