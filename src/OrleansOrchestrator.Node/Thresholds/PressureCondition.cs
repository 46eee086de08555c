namespace OrleansOrchestrator.Node.Thresholds;

/// <summary>A condition of the node that shows a shortage, in the kubelet's words.</summary>
/// <param name="Type">The condition's type.</param>
/// <param name="Reason">Its reason while the shortage lasts.</param>
/// <param name="Message">Its message while the shortage lasts.</param>
/// <param name="ReasonWithout">Its reason otherwise.</param>
/// <param name="MessageWithout">Its message otherwise.</param>
/// <param name="Event">The reason of the event when it begins.</param>
/// <param name="EventWithout">The reason of the event when it ends.</param>
internal sealed record PressureCondition(
    string Type, string Reason, string Message, string ReasonWithout, string MessageWithout, string Event, string EventWithout)
{
    public static readonly PressureCondition Memory = new(
        "MemoryPressure", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available",
        "KubeletHasSufficientMemory", "kubelet has sufficient memory available", "NodeHasInsufficientMemory", "NodeHasSufficientMemory");

    public static readonly PressureCondition Disk = new(
        "DiskPressure", "KubeletHasDiskPressure", "kubelet has disk pressure",
        "KubeletHasNoDiskPressure", "kubelet has no disk pressure", "NodeHasDiskPressure", "NodeHasNoDiskPressure");

    public static readonly PressureCondition Pid = new(
        "PIDPressure", "KubeletHasInsufficientPID", "kubelet has insufficient PID available",
        "KubeletHasSufficientPID", "kubelet has sufficient PID available", "NodeHasInsufficientPID", "NodeHasSufficientPID");

    /// <summary>All of them, in the order of a node's status.</summary>
    public static readonly IReadOnlyList<PressureCondition> All = [Memory, Disk, Pid];

    public override string ToString() => Type;
}
