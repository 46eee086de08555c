namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>What becomes of the dependents of an object that a plan deletes: Kubernetes' propagationPolicy.</summary>
public enum Propagation
{
    /// <summary>They are deleted after it.</summary>
    Background,

    /// <summary>They are deleted first, as far as they block its deletion.</summary>
    Foreground,

    /// <summary>They stay, without it as their owner.</summary>
    Orphan,
}
