namespace OrleansOrchestrator.Node.Runtime;

/// <summary>A runtime's input for one container: everything is resolved, nothing refers to the API.</summary>
internal sealed record ContainerSpec
{
    /// <summary>Where programs look for their DNS servers.</summary>
    public const string ResolverPath = "/etc/resolv.conf";

    public required string Name { get; init; }

    public required int Attempt { get; init; }

    public required string Image { get; init; }

    public string ImageId { get; init; } = "";

    public string SpecHash { get; init; } = "";

    /// <summary>Replaces the image's entry point unless empty.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>In the order of definition; a later entry of a name wins.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    public string? WorkingDirectory { get; init; }

    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    public ContainerResources Resources { get; init; } = new();

    public ContainerSecurity Security { get; init; } = new();

    /// <summary>Where the container's program finds the file for its last message.</summary>
    public string TerminationMessagePath { get; init; } = "";

    public ProcessScope Processes { get; init; }

    public bool HostNetwork { get; init; }

    /// <summary>The container whose processes it sees, by its id in the runtime; null for its own.</summary>
    public string? ProcessesOf { get; init; }

    public bool Stdin { get; init; }

    /// <summary>Whether the input ends with the first attached session.</summary>
    public bool StdinOnce { get; init; }

    public bool Tty { get; init; }

    /// <summary>The pod's folder on the node.</summary>
    public required string PodDirectory { get; init; }
}

/// <summary>A file or directory of the node mounted into the container.</summary>
/// <param name="Volume">The volume's name; empty for a file that the node keeps for the container.</param>
/// <param name="Source">The path on the node.</param>
/// <param name="Target">The path in the container.</param>
/// <param name="ReadOnly">Whether the container may only read it.</param>
/// <param name="Propagation">Which later mounts below the path are seen.</param>
internal sealed record ContainerMount(string Volume, string Source, string Target, bool ReadOnly, MountPropagation Propagation = MountPropagation.None);

/// <summary>Which mounts that are made below a mounted path later are seen.</summary>
internal enum MountPropagation
{
    None,

    /// <summary>The container sees those of the host.</summary>
    HostToContainer,

    /// <summary>The host sees those of the container too.</summary>
    Bidirectional,
}

/// <summary>Which processes a container sees.</summary>
internal enum ProcessScope
{
    Container,
    Pod,
    Host,
}

/// <summary>Limits of a container; zero means none.</summary>
internal sealed record ContainerResources
{
    /// <summary>Requested processor time in thousandths of a core.</summary>
    public long CpuRequestMillis { get; init; }

    /// <summary>The most processor time in thousandths of a core.</summary>
    public long CpuLimitMillis { get; init; }

    /// <summary>The requested memory. The kernel does not know of it.</summary>
    public long MemoryRequestBytes { get; init; }

    public long MemoryLimitBytes { get; init; }

    /// <summary>The kernel's preference to kill this container when memory runs out, from -1000 to 1000.</summary>
    public int OomScoreAdjust { get; init; }
}

/// <summary>The user and the capabilities of the container, from pod and container settings.</summary>
internal sealed record ContainerSecurity
{
    public long? User { get; init; }

    public long? Group { get; init; }

    public IReadOnlyList<long> SupplementalGroups { get; init; } = [];

    public bool Privileged { get; init; }

    public bool ReadOnlyRoot { get; init; }

    public bool NoNewPrivileges { get; init; }

    /// <summary>The image's user, for a group without a user.</summary>
    public string ImageUser { get; init; } = "";

    /// <summary>The filter of system calls: <c>unconfined</c>, the text of a profile, or empty for the runtime's.</summary>
    public string Seccomp { get; init; } = "";

    /// <summary>The AppArmor profile: <c>unconfined</c>, a name, or empty for the runtime's.</summary>
    public string AppArmor { get; init; } = "";

    /// <summary>The parts of the SELinux label, as <c>user:…</c>, <c>role:…</c>, <c>type:…</c>, <c>level:…</c>.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Whether the container sees the parts of <c>/proc</c> that are hidden otherwise.</summary>
    public bool UnmaskedProc { get; init; }

    public IReadOnlyList<string> AddCapabilities { get; init; } = [];

    public IReadOnlyList<string> DropCapabilities { get; init; } = [];
}
