using System.Globalization;
using Docker.DotNet.Models;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Translates the engine's descriptions of containers. Pure.</summary>
internal static class ContainerTranslation
{
    /// <summary>The engine's name of the network of sandboxes that get theirs elsewhere.</summary>
    public const string NoNetwork = "none";

    // 128 plus SIGKILL.
    private const int OutOfMemoryExitCode = 137;

    /// <summary>The containers of a list, all of which must say what they are.</summary>
    /// <exception cref="InvalidDataException">One does not.</exception>
    public static IList<ContainerListResponse> Verified(IList<ContainerListResponse>? containers) =>
        containers is not null && containers.All(container => container is { ID.Length: > 0, State.Length: > 0, Labels: { } labels } && labels.ContainsKey(ContainerLabels.PodUid))
            ? containers
            : throw new InvalidDataException("it lists what is no container of a pod");

    public static bool IsSandbox(ContainerListResponse container) => !container.Labels.ContainsKey(ContainerLabels.Container);

    public static int AttemptOf(ContainerListResponse container) =>
        int.TryParse(Label(container.Labels, ContainerLabels.Attempt), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            ? attempt
            : 0;

    /// <summary>Whether a sandbox gets its network from elsewhere than its engine.</summary>
    public static bool IsAttachedElsewhere(ContainerListResponse sandbox) => sandbox.NetworkSettings?.Networks?.ContainsKey(NoNetwork) is true;

    /// <param name="sandbox">The sandbox.</param>
    /// <param name="containers">The containers in it.</param>
    /// <param name="network">Where sandboxes without a network of the engine have theirs.</param>
    public static PodSandbox ToSandbox(ContainerListResponse sandbox, IReadOnlyList<ContainerInstance> containers, ISandboxNetwork network)
    {
        // A sandbox that was never attached, or no longer is, is replaced.
        var addresses = IsAttachedElsewhere(sandbox) ? network.AddressesOf(sandbox.ID) : null;
        var isReady = sandbox.State == "running" && addresses is not { Count: 0 };
        var address = addresses is not null ? (isReady ? addresses[0] : "") : sandbox.NetworkSettings?.Networks?.Values.Select(n => n.IPAddress).FirstOrDefault(ip => !string.IsNullOrEmpty(ip));
        return new PodSandbox
        {
            Id = sandbox.ID,
            PodUid = sandbox.Labels[ContainerLabels.PodUid],
            PodName = Label(sandbox.Labels, ContainerLabels.PodName),
            PodNamespace = Label(sandbox.Labels, ContainerLabels.PodNamespace),
            Attempt = AttemptOf(sandbox),
            FenceAfter = ContainerLabels.FenceAfterOf(sandbox.Labels),
            RuntimeHandler = Label(sandbox.Labels, ContainerLabels.RuntimeHandler),
            IsReady = isReady,
            Ip = address,
            MoreIps = addresses is not null && isReady ? [.. addresses.Skip(1)] : [],
            CreatedAt = sandbox.Created.ToUniversalTime(),
            Containers = containers,
        };
    }

    /// <returns>The engine's word for its state, and the container.</returns>
    public static (string State, ContainerInstance Instance) ToInstance(ContainerInspectResponse container)
    {
        var labels = container.Config!.Labels;
        var state = container.State!;
        var hasFailedToStart = state.Status == "created" && (state.ExitCode != 0 || !string.IsNullOrEmpty(state.Error));
        var created = new DateTimeOffset(container.Created.ToUniversalTime());
        return (state.Status, new ContainerInstance
        {
            Id = container.ID,
            Name = labels[ContainerLabels.Container],
            Attempt = int.Parse(labels[ContainerLabels.Attempt], CultureInfo.InvariantCulture),
            Phase = hasFailedToStart ? ContainerPhase.Exited : state.Status switch
            {
                "created" => ContainerPhase.Created,
                "running" or "paused" or "restarting" => ContainerPhase.Running,
                _ => ContainerPhase.Exited,
            },
            Image = Label(labels, ContainerLabels.Image),
            ImageId = Label(labels, ContainerLabels.ImageId),
            SpecHash = Label(labels, ContainerLabels.SpecHash),
            Resources = container.HostConfig is { } host ? CgroupResources.Of(host.CPUShares, host.CPUQuota, host.CPUPeriod, host.Memory) : null,
            MemoryRequestBytes = ContainerLabels.MemoryRequestOf(labels),
            CreatedAt = created,
            StartedAt = ParseTime(state.StartedAt) ?? (hasFailedToStart ? created : null),
            FinishedAt = ParseTime(state.FinishedAt) ?? (hasFailedToStart ? created : null),
            ExitCode = (int)state.ExitCode,
            Reason = hasFailedToStart ? "ContainerCannotRun"
                : state.OOMKilled && state.ExitCode == OutOfMemoryExitCode ? "OOMKilled"
                : "",
            Message = state.Error ?? "",
        });
    }

    private static string Label(IDictionary<string, string> labels, string name) => labels.TryGetValue(name, out var value) ? value : "";

    /// <summary>The engine writes year 1 for "never".</summary>
    private static DateTimeOffset? ParseTime(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1
            ? time
            : null;
}
