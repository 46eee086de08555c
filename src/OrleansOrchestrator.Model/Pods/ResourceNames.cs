namespace OrleansOrchestrator.Model.Pods;

/// <summary>The names of the resources that every node has; all others are extended resources.</summary>
public static class ResourceNames
{
    /// <summary>Processor time, in cores.</summary>
    public const string Cpu = "cpu";

    /// <summary>Memory, in bytes.</summary>
    public const string Memory = "memory";

    /// <summary>Local disk space with the lifetime of the pod, in bytes.</summary>
    public const string EphemeralStorage = "ephemeral-storage";

    /// <summary>The number of pods.</summary>
    public const string Pods = "pods";

    /// <summary>The beginning of the names of huge pages, before their size.</summary>
    public const string HugePagesPrefix = "hugepages-";
}
