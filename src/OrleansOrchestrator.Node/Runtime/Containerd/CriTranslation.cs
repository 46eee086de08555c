using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Translates the runtime's descriptions of sandboxes and containers. Pure.</summary>
internal static class CriTranslation
{
    // What containerd writes for a container that never ran; the same words are in the kubelet's interface.
    private const string StartErrorReason = "StartError";
    private const int OutOfMemoryExitCode = 137;

    /// <param name="sandbox">The sandbox.</param>
    /// <param name="status">What never changes of it; null if it has ended.</param>
    /// <param name="containers">The containers in it.</param>
    public static PodSandbox ToSandbox(Cri.PodSandbox sandbox, Cri.PodSandboxStatus? status, IReadOnlyList<ContainerInstance> containers) => new()
    {
        Id = sandbox.Id,
        PodUid = sandbox.Metadata.Uid,
        PodName = sandbox.Metadata.Name,
        PodNamespace = sandbox.Metadata.Namespace,
        Attempt = (int)sandbox.Metadata.Attempt,
        RuntimeHandler = sandbox.RuntimeHandler,
        FenceAfter = ContainerLabels.FenceAfterOf(sandbox.Labels),
        IsReady = sandbox.State == Cri.PodSandboxState.SandboxReady,
        Ip = AddressOf(status),
        MoreIps = AddressOf(status) is { Length: > 0 } ? [.. status!.Network.AdditionalIps.Select(more => more.Ip)] : [],
        CreatedAt = TimeOf(sandbox.CreatedAt) ?? DateTimeOffset.UnixEpoch,
        Containers = containers,
    };

    /// <summary>The first address of a sandbox; empty if it has none, null on the host's network.</summary>
    public static string? AddressOf(Cri.PodSandboxStatus? status) =>
        status?.Linux?.Namespaces?.Options?.Network == Cri.NamespaceMode.Node ? null : status?.Network?.Ip ?? "";

    public static ContainerInstance ToInstance(Cri.ContainerStatusResponse response)
    {
        var container = response.Status;
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
            Resources = ResourcesOf(response),
            MemoryRequestBytes = ContainerLabels.MemoryRequestOf(container.Labels),
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

    /// <summary>What the kernel enforces. Runtimes tell it since version 1.29 of the interface; before, containerd tells it in its details.</summary>
    private static CgroupResources? ResourcesOf(Cri.ContainerStatusResponse response)
    {
        if (response.Status.Resources?.Linux is { } linux)
            return CgroupResources.Of(linux.CpuShares, linux.CpuQuota, linux.CpuPeriod, linux.MemoryLimitInBytes);
        if (!response.Info.TryGetValue("info", out var text) || CriStatus.Parse(text)?["runtimeSpec"]?["linux"]?["resources"] is not { } resources)
            return null;
        return CgroupResources.Of(NumberOf("cpu", "shares"), NumberOf("cpu", "quota"), NumberOf("cpu", "period"), NumberOf("memory", "limit"));

        long NumberOf(string controller, string name) => resources[controller]?[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;
    }

    /// <summary>The runtime counts nanoseconds since 1970; 0 is "never".</summary>
    private static DateTimeOffset? TimeOf(long nanoseconds) =>
        nanoseconds > 0 ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick) : null;
}
