namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Translates the runtime's descriptions of sandboxes and containers. Pure.</summary>
internal static class CriTranslation
{
    // What containerd writes for a container that never ran; the same words are in the kubelet's interface.
    private const string StartErrorReason = "StartError";
    private const int OutOfMemoryExitCode = 137;

    public static PodSandbox ToSandbox(Cri.PodSandbox sandbox, string? ip, IReadOnlyList<ContainerInstance> containers) => new()
    {
        Id = sandbox.Id,
        PodUid = sandbox.Metadata.Uid,
        PodName = sandbox.Metadata.Name,
        PodNamespace = sandbox.Metadata.Namespace,
        Attempt = (int)sandbox.Metadata.Attempt,
        RuntimeHandler = sandbox.RuntimeHandler,
        FenceAfter = ContainerLabels.FenceAfterOf(sandbox.Labels),
        IsReady = sandbox.State == Cri.PodSandboxState.SandboxReady,
        Ip = ip,
        CreatedAt = TimeOf(sandbox.CreatedAt) ?? DateTimeOffset.UnixEpoch,
        Containers = containers,
    };

    public static ContainerInstance ToInstance(Cri.ContainerStatus container)
    {
        var created = TimeOf(container.CreatedAt) ?? DateTimeOffset.UnixEpoch;
        var hasFailedToStart = container.Reason == StartErrorReason;
        return new ContainerInstance
        {
            Id = container.Id,
            Name = container.Metadata.Name,
            Attempt = (int)container.Metadata.Attempt,
            Phase = container.State switch
            {
                Cri.ContainerState.ContainerCreated => ContainerPhase.Created,
                Cri.ContainerState.ContainerExited => ContainerPhase.Exited,

                // What the runtime has lost track of may still run, until it has been killed.
                _ => ContainerPhase.Running,
            },
            Image = container.Labels.GetValueOrDefault(ContainerLabels.Image, ""),
            ImageId = container.Labels.GetValueOrDefault(ContainerLabels.ImageId, ""),
            SpecHash = container.Labels.GetValueOrDefault(ContainerLabels.SpecHash, ""),
            CreatedAt = created,
            StartedAt = TimeOf(container.StartedAt) ?? (hasFailedToStart ? created : null),
            FinishedAt = TimeOf(container.FinishedAt) ?? (hasFailedToStart ? created : null),
            ExitCode = container.ExitCode,
            Reason = hasFailedToStart ? "ContainerCannotRun"
                : container.Reason == "OOMKilled" && container.ExitCode == OutOfMemoryExitCode ? "OOMKilled"
                : "",
            Message = hasFailedToStart ? container.Message : "",
        };
    }

    /// <summary>The runtime counts nanoseconds since 1970; 0 is "never".</summary>
    private static DateTimeOffset? TimeOf(long nanoseconds) =>
        nanoseconds > 0 ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick) : null;
}
