namespace OrleansOrchestrator.Model.Resources;

/// <summary>
/// Names a resource across its versions: the unit of storage, ordering and authorization.
/// </summary>
/// <param name="Plural">The lower-case plural, such as <c>replicasets</c>.</param>
/// <param name="Group">The API group; empty for the core group.</param>
public readonly record struct ResourceName(string Plural, string Group = "")
{
    /// <summary>Kubernetes' form: <c>pods</c>, <c>replicasets.apps</c>.</summary>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>Parses the form of <see cref="ToString"/>.</summary>
    public static ResourceName Parse(string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? new ResourceName(text) : new ResourceName(text[..dot], text[(dot + 1)..]);
    }
}
