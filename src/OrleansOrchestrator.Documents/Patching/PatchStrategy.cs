namespace OrleansOrchestrator.Documents.Patching;

/// <summary>The treatment of one field in a strategic merge patch.</summary>
/// <param name="MergesList">Whether a list is merged by element instead of replaced.</param>
/// <param name="MergeKey">The key member of a merged list's elements; null for scalars.</param>
/// <param name="ReplacesObject">Whether an object is replaced instead of merged.</param>
public sealed record PatchStrategy(bool MergesList, string? MergeKey, bool ReplacesObject)
{
    /// <summary>Objects are merged, lists replaced.</summary>
    public static PatchStrategy Default { get; } = new(false, null, false);

    /// <summary>Objects are replaced as well.</summary>
    public static PatchStrategy Replace { get; } = new(false, null, true);

    /// <summary>A list of scalars is a set.</summary>
    public static PatchStrategy MergeScalars { get; } = new(true, null, false);

    /// <summary>A list of objects is a map by one of their members.</summary>
    public static PatchStrategy MergeByKey(string key) => new(true, key, false);
}
