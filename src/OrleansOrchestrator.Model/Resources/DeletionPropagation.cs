namespace OrleansOrchestrator.Model.Resources;

/// <summary>The treatment of a deleted object's dependents: Kubernetes' <c>propagationPolicy</c>.</summary>
public enum DeletionPropagation
{
    /// <summary>They are deleted after it.</summary>
    Background,

    /// <summary>Those that block its deletion are deleted first.</summary>
    Foreground,

    /// <summary>They stay without the owner reference.</summary>
    Orphan,
}

/// <summary>The finalizers of a deleted object that tell what happens to its dependents.</summary>
public static class PropagationFinalizers
{
    /// <summary>The object is removed after the dependents that block it.</summary>
    public const string Foreground = "foregroundDeletion";

    /// <summary>The object is removed after its dependents have lost their owner reference.</summary>
    public const string Orphan = "orphan";
}
