using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>
/// The properties of a subresource apart from its endpoint. Its route, time-out and limit, discovery, authorization and admission
/// follow from this alone.
/// </summary>
internal sealed class SubresourceDeclaration
{
    /// <summary>The name, such as <c>status</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The kinds that have it.</summary>
    public required Func<ResourceDefinition, bool> Serves { get; init; }

    /// <summary>The allowed verbs; others get a 405.</summary>
    public required IReadOnlyList<string> Verbs { get; init; }

    /// <summary>Group, version and kind of its bodies; null if they are those of its object.</summary>
    public (string Group, string Version, string Kind)? Body { get; init; }

    /// <summary>The kind of its bodies in the object's group and version; null if it is the object's kind, or given in <see
    /// cref="Body"/>.</summary>
    public string? BodyKind { get; init; }

    /// <summary>Whether it answers with the whole object, which has tables and partial metadata too.</summary>
    public bool AnswersWithObject { get; init; }

    /// <summary>Whether requests are long-running: they have no time-out, and count as streams.</summary>
    /// <remarks>kube-apiserver uses the same word.</remarks>
    public bool IsLongRunning { get; init; }

    /// <summary>Whether a path may follow its name, such as <c>proxy/a/b</c>.</summary>
    public bool TakesPath { get; init; }

    /// <summary>Whether a request opens a connection to what the object stands for. It is admitted as CONNECT.</summary>
    public bool Connects { get; init; }

    /// <summary>
    /// Whether a WebSocket, which always arrives as a GET, needs the permission to POST. Otherwise the permission to read would allow
    /// to act.
    /// </summary>
    /// <remarks>As Kubernetes since 1.35 (AuthorizePodWebsocketUpgradeCreatePermission).</remarks>
    public bool SocketNeedsCreate { get; init; }

    /// <summary>Matches the kind of one resource.</summary>
    public static Func<ResourceDefinition, bool> Of(ResourceName resource) => definition => definition.Name == resource;
}
