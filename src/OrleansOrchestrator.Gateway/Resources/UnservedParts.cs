using System.Collections.Frozen;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Resources;

/// <summary>
/// What Kubernetes serves and this server does not yet. It is answered with 501 and a sentence: a 404 would read as if the object
/// did not exist.
/// </summary>
internal static class UnservedParts
{
    private const string Metrics = "there is no metrics API in this cluster yet";

    // By the group's name, the resource, and the subresource. An asterisk stands for every resource.
    private static readonly FrozenDictionary<(string Group, string Resource, string Subresource), string> Sentences =
        new Dictionary<(string, string, string), string>
        {
            [("", "pods", "ephemeralcontainers")] = "ephemeral containers are not supported yet; kubectl debug --copy-to works",
            [("", "pods", "resize")] = "pods cannot be resized in place yet",
            [("metrics.k8s.io", "*", "")] = Metrics,
            [("custom.metrics.k8s.io", "*", "")] = Metrics,
            [("external.metrics.k8s.io", "*", "")] = Metrics,
            [("admissionregistration.k8s.io", "validatingadmissionpolicies", "")] = "validating admission policies would not be enforced: CEL is not evaluated here",
            [("admissionregistration.k8s.io", "validatingadmissionpolicybindings", "")] = "validating admission policies would not be enforced: CEL is not evaluated here",
            [("admissionregistration.k8s.io", "mutatingadmissionpolicies", "")] = "mutating admission policies would not be enforced: CEL is not evaluated here",
            [("admissionregistration.k8s.io", "mutatingadmissionpolicybindings", "")] = "mutating admission policies would not be enforced: CEL is not evaluated here",
        }.ToFrozenDictionary();

    /// <summary>Why a request is refused that is for something not served.</summary>
    /// <returns>501 for what Kubernetes serves; 404 for what nobody does.</returns>
    public static ApiException Refuse(RequestInfo info) => SentenceOf(info) is { } sentence ? ApiErrors.NotImplemented(sentence) : ApiErrors.NoSuchPath();

    private static string? SentenceOf(RequestInfo info)
    {
        // A subresource of a kind that is not served is as unserved as the kind.
        var subresource = info.Definition is null ? "" : info.Subresource;
        return Sentences.GetValueOrDefault((info.Group, info.Resource, subresource)) ?? Sentences.GetValueOrDefault((info.Group, "*", subresource));
    }
}
