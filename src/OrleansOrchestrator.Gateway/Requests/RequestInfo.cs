using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>What a request asks for, read from its method, path and query; the subject of authorization.</summary>
/// <remarks>The same notion as k8s.io/apiserver/pkg/endpoints/request.RequestInfo.</remarks>
public sealed record RequestInfo : AccessAttributes
{
    /// <summary>The path that follows the subresource, with its first slash, as in <c>proxy/a/b</c>; empty if none does.</summary>
    public string SubresourcePath { get; init; } = "";

    /// <summary>Whether one object is followed through the deprecated <c>/watch/</c> prefix.</summary>
    public bool IsNamedWatch { get; init; }

    /// <summary>The kind that is served under the path, in the version that the path names; null if none is.</summary>
    public ServedVersion? ServedVersion { get; init; }

    /// <summary>The kind that is served under the path; null if none is.</summary>
    public ResourceDefinition? Definition => ServedVersion?.Definition;

    /// <summary>What the kind says of the subresource; null if it has none of that name.</summary>
    internal SubresourceDeclaration? Declaration { get; init; }

    /// <summary>Whether it lasts as long as its client wants.</summary>
    internal bool IsLongRunning => Subresource.Length == 0
        ? IsResource && ObjectVerb.Find(Verb) is { IsLongRunning: true }
        : Declaration is { IsLongRunning: true };

    /// <summary>The key of the object it names. A namespace is named like a scope but is itself not in one.</summary>
    public ObjectKey Key => new(Definition is { Namespaced: false } ? "" : Namespace, Name);
}
