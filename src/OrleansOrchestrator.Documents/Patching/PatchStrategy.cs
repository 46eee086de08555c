namespace OrleansOrchestrator.Documents.Patching;

/// <summary>How a strategic merge patch treats one field.</summary>
/// <param name="MergesList">Whether a list is merged, element by element, rather than replaced.</param>
/// <param name="MergeKey">The member that tells the elements of a merged list apart; null if they are scalars.</param>
/// <param name="ReplacesObject">Whether an object is replaced rather than merged.</param>
public sealed record PatchStrategy(bool MergesList, string? MergeKey, bool ReplacesObject)
{
    /// <summary>Objects are merged, lists replaced.</summary>
    public static PatchStrategy Default { get; } = new(false, null, false);

    /// <summary>Objects are replaced, too.</summary>
    public static PatchStrategy Replace { get; } = new(false, null, true);

    /// <summary>A list of scalars is a set.</summary>
    public static PatchStrategy MergeScalars { get; } = new(true, null, false);

    /// <summary>A list of objects is a map by one of their members.</summary>
    public static PatchStrategy MergeByKey(string key) => new(true, key, false);
}
