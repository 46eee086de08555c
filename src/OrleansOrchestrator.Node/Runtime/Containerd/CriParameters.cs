using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Translates sandboxes and containers to the Container Runtime Interface. Pure.</summary>
internal static class CriParameters
{
    // Those of the kubelet: the runtime hides nothing by itself.
    private static readonly string[] MaskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly string[] ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <param name="owner">The daemon that it belongs to.</param>
    /// <param name="spec">The sandbox.</param>
    /// <param name="cgroup">The pod's cgroup; null leaves it to the runtime.</param>
    public static Cri.PodSandboxConfig OfSandbox(ContainerOwner owner, SandboxSpec spec, string? cgroup)
    {
        var config = new Cri.PodSandboxConfig
        {
            Metadata = new() { Name = spec.PodName, Uid = spec.PodUid, Namespace = spec.PodNamespace, Attempt = (uint)spec.Attempt },
            Hostname = spec.HostNetwork ? "" : spec.Hostname,
            LogDirectory = CriLog.FolderOf(spec.Directory),
            PortMappings = { spec.HostPorts.Select(PortOf) },
            Labels = { ContainerLabels.OfSandbox(owner, spec) },
            Linux = new()
            {
                CgroupParent = cgroup ?? "",
                SecurityContext = new() { NamespaceOptions = NamespacesOf(spec), Privileged = spec.HasPrivileged },
                Sysctls = { new Dictionary<string, string>(spec.Sysctls) },
            },
        };
        return config;
    }

    /// <param name="owner">The daemon that it belongs to.</param>
    /// <param name="sandbox">The pod's sandbox.</param>
    /// <param name="sandboxOptions">The namespaces of the sandbox.</param>
    /// <param name="spec">The container.</param>
    /// <param name="seccompFile">The file with the text of its own filter of system calls; null if it has none.</param>
    public static Cri.ContainerConfig OfContainer(
        ContainerOwner owner, PodSandbox sandbox, Cri.NamespaceOption sandboxOptions, ContainerSpec spec, string? seccompFile)
    {
        var (resources, security) = (spec.Resources, spec.Security);
        return new Cri.ContainerConfig
        {
            Metadata = new() { Name = spec.Name, Attempt = (uint)spec.Attempt },
            Image = new() { Image = spec.Image },
            Command = { spec.Command },
            Args = { spec.Arguments },
            WorkingDir = spec.WorkingDirectory ?? "",
            Envs = { spec.Environment.Select(variable => new Cri.KeyValue { Key = variable.Key, Value = variable.Value }) },
            Mounts = { spec.Mounts.Select(MountOf) },
            Labels = { ContainerLabels.OfContainer(owner, sandbox, spec) },
            LogPath = CriLog.NameOf(spec.Name, spec.Attempt),
            Stdin = spec.Stdin,
            StdinOnce = spec.StdinOnce,
            Tty = spec.Tty,
            Linux = new()
            {
                Resources = ResourcesOf(CgroupResources.Of(resources), resources.OomScoreAdjust),
                SecurityContext = SecurityOf(security, NamespacesOf(spec, sandboxOptions), seccompFile),
            },
        };
    }

    /// <summary>What the kernel is to enforce of a container. In a change, zero stands for what stays as it is.</summary>
    public static Cri.LinuxContainerResources ResourcesOf(CgroupResources resources, int oomScoreAdjust = 0) => new()
    {
        CpuShares = resources.CpuShares,
        CpuPeriod = resources.CpuQuotaMicroseconds > 0 ? CpuQuota.PeriodMicroseconds : 0,
        CpuQuota = resources.CpuQuotaMicroseconds,
        MemoryLimitInBytes = resources.MemoryLimitBytes,
        OomScoreAdj = oomScoreAdjust,
    };

    private static Cri.NamespaceOption NamespacesOf(SandboxSpec spec) => new()
    {
        Network = spec.HostNetwork ? Cri.NamespaceMode.Node : Cri.NamespaceMode.Pod,
        Ipc = spec.HostIpc ? Cri.NamespaceMode.Node : Cri.NamespaceMode.Pod,
        Pid = spec.HostPid ? Cri.NamespaceMode.Node : spec.ShareProcesses ? Cri.NamespaceMode.Pod : Cri.NamespaceMode.Container,
    };

    private static Cri.NamespaceOption NamespacesOf(ContainerSpec spec, Cri.NamespaceOption sandbox)
    {
        var own = sandbox.Clone();
        own.Pid = spec.Processes switch
        {
            ProcessScope.Container when spec.ProcessesOf is not null => Cri.NamespaceMode.Target,
            ProcessScope.Host => Cri.NamespaceMode.Node,
            ProcessScope.Pod => Cri.NamespaceMode.Pod,
            _ => Cri.NamespaceMode.Container,
        };
        own.TargetId = spec.ProcessesOf ?? "";
        return own;
    }

    private static Cri.LinuxContainerSecurityContext SecurityOf(ContainerSecurity security, Cri.NamespaceOption namespaces, string? seccompFile)
    {
        var context = new Cri.LinuxContainerSecurityContext
        {
            Capabilities = new() { AddCapabilities = { security.AddCapabilities }, DropCapabilities = { security.DropCapabilities } },
            Privileged = security.Privileged,
            NamespaceOptions = namespaces,
            ReadonlyRootfs = security.ReadOnlyRoot,
            SupplementalGroups = { security.SupplementalGroups },
            NoNewPrivs = security.NoNewPrivileges,
            Seccomp = ProfileOf(security.Seccomp, seccompFile),
        };
        SetUser(context, security);
        if (!security.UnmaskedProc && !security.Privileged)
        {
            context.MaskedPaths.Add(MaskedPaths);
            context.ReadonlyPaths.Add(ReadonlyPaths);
        }

        if (security.AppArmor.Length > 0)
            context.Apparmor = ProfileOf(security.AppArmor, security.AppArmor);
        if (security.Labels.Count > 0)
            context.SelinuxOptions = new() { User = LabelOf(security, "user"), Role = LabelOf(security, "role"), Type = LabelOf(security, "type"), Level = LabelOf(security, "level") };
        return context;
    }

    /// <summary>The interface refuses a group without a user: the image's, which is root unless it names one.</summary>
    private static void SetUser(Cri.LinuxContainerSecurityContext context, ContainerSecurity security)
    {
        if (security.Group is { } group)
            context.RunAsGroup = new() { Value = group };
        var imageUser = security.ImageUser.Split(':')[0];
        if (security.User is { } user)
            context.RunAsUser = new() { Value = user };
        else if (security.Group is null)
            return;
        else if (imageUser.Length == 0)
            context.RunAsUser = new() { Value = 0 };
        else if (long.TryParse(imageUser, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            context.RunAsUser = new() { Value = number };
        else
            context.RunAsUsername = imageUser;
    }

    private static Cri.SecurityProfile ProfileOf(string profile, string? own) => profile switch
    {
        "" => new() { ProfileType = Cri.SecurityProfile.Types.ProfileType.RuntimeDefault },
        "unconfined" => new() { ProfileType = Cri.SecurityProfile.Types.ProfileType.Unconfined },
        _ => new() { ProfileType = Cri.SecurityProfile.Types.ProfileType.Localhost, LocalhostRef = own ?? "" },
    };

    private static string LabelOf(ContainerSecurity security, string part) =>
        security.Labels.FirstOrDefault(label => label.StartsWith($"{part}:", StringComparison.Ordinal)) is { } found ? found[(part.Length + 1)..] : "";

    private static Cri.Mount MountOf(ContainerMount mount) => new()
    {
        HostPath = mount.Source,
        ContainerPath = mount.Target,
        Readonly = mount.ReadOnly,
        Propagation = mount.Propagation switch
        {
            MountPropagation.HostToContainer => Cri.MountPropagation.PropagationHostToContainer,
            MountPropagation.Bidirectional => Cri.MountPropagation.PropagationBidirectional,
            _ => Cri.MountPropagation.PropagationPrivate,
        },
    };

    private static Cri.PortMapping PortOf(PublishedPort port) => new()
    {
        Protocol = Enum.Parse<Cri.Protocol>(port.Protocol, ignoreCase: true),
        ContainerPort = port.ContainerPort,
        HostPort = port.NodePort,
        HostIp = port.HostIp ?? "",
    };
}
