using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>
/// What a subresource is to everything but the endpoint that serves it. Its route, its time-out and limit, discovery, and what
/// authorization and admission judge follow from this, and from nothing else.
/// </summary>
internal sealed class SubresourceDeclaration
{
    /// <summary>Its name, as in <c>status</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Which kinds have it.</summary>
    public required Func<ResourceDefinition, bool> Serves { get; init; }

    /// <summary>What can be done, in the verbs of authorization; anything else is 405.</summary>
    public required IReadOnlyList<string> Verbs { get; init; }

    /// <summary>Group, version and kind of its bodies; null if they are those of its object.</summary>
    public (string Group, string Version, string Kind)? Body { get; init; }

    /// <summary>The kind of its bodies in the group and version of its object; null if it is that of its object, or <see cref="Body"/> tells it.</summary>
    public string? BodyKind { get; init; }

    /// <summary>Whether it answers with the whole object, of which there are tables and metadata, too.</summary>
    public bool AnswersWithObject { get; init; }

    /// <summary>Whether a request lasts as long as its client wants: it has no time-out, and counts as a stream.</summary>
    /// <remarks>As what kube-apiserver calls long-running.</remarks>
    public bool IsLongRunning { get; init; }

    /// <summary>Whether a path may follow its name, as in <c>proxy/a/b</c>.</summary>
    public bool TakesPath { get; init; }

    /// <summary>Whether a request opens a connection to what the object stands for, which is admitted as the operation CONNECT.</summary>
    public bool Connects { get; init; }

    /// <summary>
    /// Whether a WebSocket, which always comes as a GET, needs what the sender would need to POST. Otherwise whoever may read could act.
    /// </summary>
    /// <remarks>As Kubernetes since 1.35 (AuthorizePodWebsocketUpgradeCreatePermission).</remarks>
    public bool SocketNeedsCreate { get; init; }

    /// <summary>Whether it is served; discovery does not tell of one that is only declared.</summary>
    public bool IsServed { get; init; } = true;

    /// <summary>Whether a kind is one resource.</summary>
    public static Func<ResourceDefinition, bool> Of(ResourceName resource) => definition => definition.Name == resource;
}
