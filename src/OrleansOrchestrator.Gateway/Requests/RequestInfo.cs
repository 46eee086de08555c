using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>What a request asks for, read from its method, path and query; the subject of authorization.</summary>
/// <remarks>The same notion as k8s.io/apiserver/pkg/endpoints/request.RequestInfo.</remarks>
public sealed record RequestInfo
{
    /// <summary>The whole path.</summary>
    public required string Path { get; init; }

    /// <summary>The verb: one of <see cref="Verbs"/> for a resource, the method in lower case for any other path.</summary>
    public required string Verb { get; init; }

    /// <summary>Whether the path names a resource rather than something else, as in <c>/version</c>.</summary>
    public bool IsResource { get; init; }

    /// <summary>The API group; empty for core.</summary>
    public string Group { get; init; } = "";

    /// <summary>The version, as in <c>v1</c>.</summary>
    public string Version { get; init; } = "";

    /// <summary>The namespace; empty for cluster scope and for all namespaces.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The resource's plural, as the path gives it.</summary>
    public string Resource { get; init; } = "";

    /// <summary>The subresource and all that follows it; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The object's name; empty for a collection.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether one object is followed through the deprecated <c>/watch/</c> prefix.</summary>
    public bool IsNamedWatch { get; init; }

    /// <summary>The kind that is served under the path, in the form that the path names; null if none is.</summary>
    public ResourceForm? Form { get; init; }

    /// <summary>The kind that is served under the path; null if none is.</summary>
    public ResourceDefinition? Definition => Form?.Definition;

    /// <summary>Whether nothing is changed by it.</summary>
    public bool IsReadOnly => Verb is Verbs.Get or Verbs.List or Verbs.Watch or "head" or "options";

    /// <summary>The key of the object it names. A namespace is named like a scope but is itself not in one.</summary>
    public ObjectKey Key => new(Definition is { Namespaced: false } ? "" : Namespace, Name);
}
