namespace OrleansOrchestrator.Scheduling.Resources;

/// <summary>The names of the resources that have columns of their own; every other name is an extended resource.</summary>
internal static class ResourceNames
{
    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string EphemeralStorage = "ephemeral-storage";
    public const string Pods = "pods";
}
