namespace OrleansOrchestrator.Model.Resources;

/// <summary>What happens to the dependents of a deleted object: Kubernetes' <c>propagationPolicy</c>.</summary>
public enum DeletionPropagation
{
    /// <summary>They are deleted after it.</summary>
    Background,

    /// <summary>They are deleted first, as far as they block its deletion.</summary>
    Foreground,

    /// <summary>They stay, without it as their owner.</summary>
    Orphan,
}

/// <summary>The finalizers by which an object that is being deleted tells what happens to its dependents.</summary>
public static class PropagationFinalizers
{
    /// <summary>The object goes after the dependents that block it.</summary>
    public const string Foreground = "foregroundDeletion";

    /// <summary>The object goes once its dependents no longer name it as their owner.</summary>
    public const string Orphan = "orphan";
}
