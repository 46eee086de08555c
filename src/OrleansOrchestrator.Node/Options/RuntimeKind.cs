namespace OrleansOrchestrator.Node.Options;

/// <summary>The container runtime of a node.</summary>
public enum RuntimeKind
{
    /// <summary>Docker if an engine answers, else host processes.</summary>
    Auto,

    /// <summary>Containers of a Docker engine, version 20.10 or later.</summary>
    Docker,

    /// <summary>Containers of containerd, version 1.6 or later, through the Container Runtime Interface.</summary>
    Containerd,

    /// <summary>Processes of the host, for a machine without Docker. Little is isolated; see docs/node.md.</summary>
    Process,

    /// <summary>Nothing runs; pods only appear to. For scale tests.</summary>
    Hollow,
}
