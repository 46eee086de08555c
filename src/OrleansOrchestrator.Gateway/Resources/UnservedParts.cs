using System.Collections.Frozen;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Resources;

/// <summary>
/// Parts of Kubernetes' API that this server does not serve yet. They get a 501 with a sentence: a 404 would look as if the object did
/// not exist.
/// </summary>
internal static class UnservedParts
{
    // By group, resource and subresource.
    private static readonly FrozenDictionary<(string Group, string Resource, string Subresource), string> Sentences =
        new Dictionary<(string, string, string), string>
        {
            [("admissionregistration.k8s.io", "validatingadmissionpolicies", "")] = "validating admission policies would not be enforced: CEL is not evaluated here",
            [("admissionregistration.k8s.io", "validatingadmissionpolicybindings", "")] = "validating admission policies would not be enforced: CEL is not evaluated here",
            [("admissionregistration.k8s.io", "mutatingadmissionpolicies", "")] = "mutating admission policies would not be enforced: CEL is not evaluated here",
            [("admissionregistration.k8s.io", "mutatingadmissionpolicybindings", "")] = "mutating admission policies would not be enforced: CEL is not evaluated here",
        }.ToFrozenDictionary();

    /// <summary>The error for something that is not served.</summary>
    /// <returns>501 for what Kubernetes serves; 404 for anything else.</returns>
    public static ApiException Refuse(RequestInfo info) => SentenceOf(info) is { } sentence ? ApiErrors.NotImplemented(sentence) : ApiErrors.NoSuchPath();

    private static string? SentenceOf(RequestInfo info)
    {
        // A subresource of an unserved kind gets the kind's error.
        var subresource = info.Definition is null ? "" : info.Subresource;
        return Sentences.GetValueOrDefault((info.Group, info.Resource, subresource));
    }
}
