using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>A resource whose objects are posted and answered but never stored, so that no kind of the registry declares it.</summary>
/// <param name="Group">The group; empty for core.</param>
/// <param name="Version">The version.</param>
/// <param name="Plural">The plural.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Model">The model.</param>
/// <param name="Namespaced">Whether it is posted to a namespace.</param>
internal sealed record ComputedResource(string Group, string Version, string Plural, string Kind, Type Model, bool Namespaced = false)
{
    private const string Authentication = "authentication.k8s.io";
    private const string Authorization = "authorization.k8s.io";

    /// <summary>Binds a pod to a node.</summary>
    public static ComputedResource Bindings { get; } = new("", "v1", "bindings", "Binding", typeof(V1Binding), true);

    /// <summary>Tells who a token belongs to.</summary>
    public static ComputedResource TokenReviews { get; } = new(Authentication, "v1", "tokenreviews", "TokenReview", typeof(V1TokenReview));

    /// <summary>Tells who the sender is.</summary>
    public static ComputedResource SelfSubjectReviews { get; } = new(Authentication, "v1", "selfsubjectreviews", "SelfSubjectReview", typeof(V1SelfSubjectReview));

    /// <summary>Tells whether a user may do something.</summary>
    public static ComputedResource SubjectAccessReviews { get; } = new(Authorization, "v1", "subjectaccessreviews", "SubjectAccessReview", typeof(V1SubjectAccessReview));

    /// <summary>Tells whether a user may do something in a namespace.</summary>
    public static ComputedResource LocalSubjectAccessReviews { get; } =
        new(Authorization, "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", typeof(V1LocalSubjectAccessReview), true);

    /// <summary>Tells whether the sender may do something.</summary>
    public static ComputedResource SelfSubjectAccessReviews { get; } =
        new(Authorization, "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", typeof(V1SelfSubjectAccessReview));

    /// <summary>Tells what the sender may do in a namespace.</summary>
    public static ComputedResource SelfSubjectRulesReviews { get; } =
        new(Authorization, "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", typeof(V1SelfSubjectRulesReview));

    /// <summary>All such resources.</summary>
    public static IReadOnlyList<ComputedResource> All { get; } =
    [
        Bindings, TokenReviews, SelfSubjectReviews, SubjectAccessReviews, LocalSubjectAccessReviews, SelfSubjectAccessReviews,
        SelfSubjectRulesReviews,
    ];

    /// <summary><c>v1</c> or <c>apps/v1</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The resource in discovery.</summary>
    public ServedResource Served => new(Plural, Kind.ToLowerInvariant(), Kind, Namespaced, [], [], [Verbs.Create], []);
}
