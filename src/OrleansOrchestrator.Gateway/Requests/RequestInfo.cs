using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>A request parsed from its method, path and query; the input of authorization.</summary>
/// <remarks>The same notion as k8s.io/apiserver/pkg/endpoints/request.RequestInfo.</remarks>
public sealed record RequestInfo : AccessAttributes
{
    /// <summary>The path after the subresource with its first slash, such as <c>/a/b</c> of <c>proxy/a/b</c>; empty if there is
    /// none.</summary>
    public string SubresourcePath { get; init; } = "";

    /// <summary>Whether it watches one object through the deprecated <c>/watch/</c> prefix.</summary>
    public bool IsNamedWatch { get; init; }

    /// <summary>The kind under the path, in the path's version; null if there is none.</summary>
    public ServedVersion? ServedVersion { get; init; }

    /// <summary>The kind under the path; null if there is none.</summary>
    public ResourceDefinition? Definition => ServedVersion?.Definition;

    /// <summary>The subresource's declaration; null if the kind has no such subresource.</summary>
    internal SubresourceDeclaration? Declaration { get; init; }

    /// <summary>Whether it is long-running. What a server behind this one serves is judged by its name, as in Kubernetes.</summary>
    internal bool IsLongRunning => (Subresource.Length, ServedVersion) switch
    {
        (0, _) => IsResource && ObjectVerb.Find(Verb) is { IsLongRunning: true },
        (_, null) => Subresource is "attach" or "exec" or "log" or "portforward" or "proxy",
        _ => Declaration is { IsLongRunning: true },
    };

    /// <summary>The key of the named object. A namespace's path looks like a scope, but a namespace is in no namespace.</summary>
    public ObjectKey Key => new(Definition is { Namespaced: false } ? "" : Namespace, Name);
}
