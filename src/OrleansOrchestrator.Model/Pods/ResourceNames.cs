namespace OrleansOrchestrator.Model.Pods;

/// <summary>The names of the resources that every node has; every other name is an extended resource.</summary>
public static class ResourceNames
{
    /// <summary>Processors.</summary>
    public const string Cpu = "cpu";

    /// <summary>Memory, in bytes.</summary>
    public const string Memory = "memory";

    /// <summary>Local disk space that does not outlive the pod, in bytes.</summary>
    public const string EphemeralStorage = "ephemeral-storage";

    /// <summary>Places for pods.</summary>
    public const string Pods = "pods";
}
