using System.Globalization;
using Docker.DotNet.Models;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Translates sandboxes and containers to parameters of the engine's API. Pure.</summary>
internal static class CreateParameters
{
    // The kernel kills the sandbox last when memory runs out, because the pod has no network without it. The value is the kubelet's.
    private const int SandboxOomScoreAdjust = -998;

    // Bounds a container's log: three files of ten megabytes.
    private static readonly LogConfig Logs = new()
    {
        Type = "json-file",
        Config = new Dictionary<string, string> { ["max-size"] = "10m", ["max-file"] = "3" },
    };

    /// <param name="owner">The daemon that it belongs to.</param>
    /// <param name="spec">The sandbox.</param>
    /// <param name="cgroup">The pod's cgroup; null leaves it to the engine.</param>
    /// <param name="allowNegativeOom">Whether the engine accepts negative OOM scores.</param>
    /// <param name="isNetworked">Whether the engine gives the sandbox its network and ports.</param>
    public static CreateContainerParameters OfSandbox(ContainerOwner owner, SandboxSpec spec, string? cgroup, bool allowNegativeOom, bool isNetworked) => new()
    {
        Name = ContainerLabels.NameOf("POD", spec.PodName, spec.PodNamespace, spec.PodUid, spec.Attempt),
        Image = BuiltInImages.Pause,
        Hostname = spec.HostNetwork ? "" : spec.Hostname,
        Labels = ContainerLabels.OfSandbox(owner, spec),
        ExposedPorts = PublishedBy(spec, isNetworked).DistinctBy(PortName).ToDictionary(PortName, _ => default(EmptyStruct)),
        HostConfig = new HostConfig
        {
            CgroupParent = cgroup ?? "",
            NetworkMode = spec.HostNetwork ? "host" : isNetworked ? "bridge" : ContainerTranslation.NoNetwork,
            IpcMode = spec.HostIpc ? "host" : "shareable",
            PidMode = spec.HostPid ? "host" : "",
            PortBindings = PublishedBy(spec, isNetworked).GroupBy(PortName).ToDictionary(
                ports => ports.Key,
                IList<PortBinding> (ports) => [.. ports.Select(Binding)]),
            Sysctls = new Dictionary<string, string>(spec.Sysctls),
            Runtime = spec.RuntimeHandler,
            OomScoreAdj = Oom(SandboxOomScoreAdjust, allowNegativeOom),
            LogConfig = Logs,
            SecurityOpt = ["no-new-privileges"],
        },
    };

    public static CreateContainerParameters OfContainer(
        ContainerOwner owner, PodSandbox sandbox, ContainerSpec spec, string? cgroup, bool allowNegativeOom) => new()
        {
            Name = ContainerLabels.NameOf(spec.Name, sandbox.PodName, sandbox.PodNamespace, sandbox.PodUid, spec.Attempt),
            Image = spec.Image,

            // Null, and not an empty list, means the image's entry point to the engine; the model does not allow it.
            Entrypoint = spec.Command.Count > 0 ? [.. spec.Command] : null!,
            Cmd = spec.Arguments.Count > 0 ? [.. spec.Arguments] : null!,
            Env = [.. spec.Environment.Select(e => $"{e.Key}={e.Value}")],
            WorkingDir = spec.WorkingDirectory ?? "",
            User = UserOf(spec.Security),
            Labels = ContainerLabels.OfContainer(owner, sandbox, spec),
            OpenStdin = spec.Stdin,
            StdinOnce = spec.StdinOnce,
            Tty = spec.Tty,

            // Only the pod's probes probe, and not what the image says.
            Healthcheck = new HealthcheckConfig { Test = ["NONE"] },
            HostConfig = HostConfigOf(sandbox, spec, cgroup, allowNegativeOom),
        };

    private static HostConfig HostConfigOf(PodSandbox sandbox, ContainerSpec spec, string? cgroup, bool allowNegativeOom)
    {
        var (resources, security) = (CgroupResources.Of(spec.Resources), spec.Security);
        return new HostConfig
        {
            CgroupParent = cgroup ?? "",
            NetworkMode = $"container:{sandbox.Id}",
            IpcMode = $"container:{sandbox.Id}",
            PidMode = spec.Processes switch
            {
                ProcessScope.Container when spec.ProcessesOf is { } target => $"container:{target}",
                ProcessScope.Host => "host",
                ProcessScope.Pod => $"container:{sandbox.Id}",
                _ => "",
            },
            Runtime = sandbox.RuntimeHandler,
            Mounts = [.. spec.Mounts.Select(MountOf)],
            LogConfig = Logs,
            CPUShares = resources.CpuShares,
            CPUPeriod = PeriodOf(resources),
            CPUQuota = resources.CpuQuotaMicroseconds,
            Memory = resources.MemoryLimitBytes,
            MemorySwap = resources.MemoryLimitBytes,
            OomScoreAdj = Oom(spec.Resources.OomScoreAdjust, allowNegativeOom),
            Privileged = security.Privileged,
            ReadonlyRootfs = security.ReadOnlyRoot,
            CapAdd = [.. security.AddCapabilities],
            CapDrop = [.. security.DropCapabilities],
            GroupAdd = [.. security.SupplementalGroups.Select(g => g.ToString(CultureInfo.InvariantCulture))],
            SecurityOpt = [.. SecurityOptionsOf(security)],

            // Null, and not an empty list, means the engine's own; the model does not allow it.
            MaskedPaths = security.UnmaskedProc ? [] : null!,
            ReadonlyPaths = security.UnmaskedProc ? [] : null!,
        };
    }

    /// <summary>The change of a running container's resources. The engine takes zero for what stays as it is.</summary>
    public static ContainerUpdateParameters OfUpdate(CgroupResources resources) => new()
    {
        CPUShares = resources.CpuShares,
        CPUPeriod = PeriodOf(resources),
        CPUQuota = resources.CpuQuotaMicroseconds,
        Memory = resources.MemoryLimitBytes,
        MemorySwap = resources.MemoryLimitBytes,
    };

    private static long PeriodOf(CgroupResources resources) => resources.CpuQuotaMicroseconds > 0 ? CpuQuota.PeriodMicroseconds : 0;

    private static IEnumerable<string> SecurityOptionsOf(ContainerSecurity security)
    {
        if (security.NoNewPrivileges)
            yield return "no-new-privileges";
        if (security.Seccomp.Length > 0)
            yield return $"seccomp={security.Seccomp}";
        if (security.AppArmor.Length > 0)
            yield return $"apparmor={security.AppArmor}";
        foreach (var label in security.Labels)
            yield return $"label={label}";
    }

    private static string UserOf(ContainerSecurity security) => (security.User, security.Group) switch
    {
        ({ } user, { } group) => string.Create(CultureInfo.InvariantCulture, $"{user}:{group}"),
        ({ } user, null) => user.ToString(CultureInfo.InvariantCulture),
        (null, { } group) => string.Create(CultureInfo.InvariantCulture, $"{(security.ImageUser.Split(':') is [{ Length: > 0 } user, ..] ? user : "0")}:{group}"),
        _ => "",
    };

    /// <summary>A mount with separate fields: the short form would break at a colon in a path.</summary>
    private static Mount MountOf(ContainerMount mount) => new()
    {
        Type = "bind",
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.ReadOnly,
        BindOptions = new BindOptions
        {
            Propagation = mount.Propagation switch
            {
                MountPropagation.HostToContainer => "rslave",
                MountPropagation.Bidirectional => "rshared",
                _ => "rprivate",
            },
        },
    };

    private static IReadOnlyList<PublishedPort> PublishedBy(SandboxSpec spec, bool isNetworked) => isNetworked ? spec.HostPorts : [];

    private static string PortName(PublishedPort port) =>
        string.Create(CultureInfo.InvariantCulture, $"{port.ContainerPort}/{port.Protocol}");

    private static PortBinding Binding(PublishedPort port) => new()
    {
        HostIP = port.HostIp ?? "",
        HostPort = port.NodePort.ToString(CultureInfo.InvariantCulture),
    };

    private static int Oom(int adjust, bool allowNegative) => allowNegative ? adjust : Math.Max(0, adjust);
}
