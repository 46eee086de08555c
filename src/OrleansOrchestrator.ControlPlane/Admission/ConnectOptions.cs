using k8s;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>The options of a connection as admission sees them: a <c>PodExecOptions</c>, <c>PodAttachOptions</c>,
/// <c>PodPortForwardOptions</c>, <c>PodProxyOptions</c>, <c>ServiceProxyOptions</c> or <c>NodeProxyOptions</c>.</summary>
public sealed record ConnectOptions : IKubernetesObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public required string Kind { get; set; }

    /// <summary>The container; null for the pod's only or default one.</summary>
    public string? Container { get; init; }

    /// <summary>The command and its arguments; null if none runs.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Whether input is sent.</summary>
    public bool? Stdin { get; init; }

    /// <summary>Whether output is received.</summary>
    public bool? Stdout { get; init; }

    /// <summary>Whether error output is received.</summary>
    public bool? Stderr { get; init; }

    /// <summary>Whether there is a terminal.</summary>
    public bool? Tty { get; init; }

    /// <summary>The ports that are forwarded; null where none are.</summary>
    public IReadOnlyList<int>? Ports { get; init; }

    /// <summary>The path requested through a proxy; null for other connections.</summary>
    public string? Path { get; init; }
}
