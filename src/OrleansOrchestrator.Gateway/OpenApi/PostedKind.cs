using k8s.Models;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>A kind whose objects are posted and answered but not stored: reviews, and bodies of subresources.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Model">Its model.</param>
/// <param name="Path">The path to post to.</param>
/// <param name="Prefix">The prefix of the document that contains it.</param>
internal sealed record PostedKind(KindName Name, Type Model, string Path, string Prefix)
{
    /// <summary>All such kinds.</summary>
    public static IReadOnlyList<PostedKind> All { get; } =
    [
        .. ComputedResource.All.Select(Of),
        OfPart(new KindName("policy", "v1", "Eviction"), typeof(V1Eviction), "pods", "eviction"),
        OfPart(new KindName("authentication.k8s.io", "v1", "TokenRequest"), typeof(Authenticationv1TokenRequest), "serviceaccounts", "token"),
    ];

    /// <summary>Whether it is posted to a namespace.</summary>
    public bool HasNamespace => Path.Contains("{namespace}", StringComparison.Ordinal);

    /// <summary>Whether it is posted to an object.</summary>
    public bool HasName => Path.Contains("{name}", StringComparison.Ordinal);

    private static PostedKind Of(ComputedResource resource)
    {
        var prefix = ResourceRoutes.PrefixOf(resource.Group, resource.Version);
        return new PostedKind(
            new KindName(resource.Group, resource.Version, resource.Kind), resource.Model,
            $"/{prefix}/{(resource.Namespaced ? "namespaces/{namespace}/" : "")}{resource.Plural}", prefix);
    }

    private static PostedKind OfPart(KindName name, Type model, string plural, string part) =>
        new(name, model, $"/api/v1/namespaces/{{namespace}}/{plural}/{{name}}/{part}", ResourceRoutes.PrefixOf(name.Group, name.Version));
}
