using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Refuses contradictory or invalid query options.</summary>
internal static class InvalidOptions
{
    /// <summary>Throws if there is any fault; the error lists all.</summary>
    /// <param name="kind">The kind of the options, such as <c>ListOptions</c>.</param>
    /// <param name="errors">The faults.</param>
    /// <param name="name">The object's name, where Kubernetes includes it.</param>
    /// <param name="group">The group of the options.</param>
    /// <exception cref="ApiException">422: there is a fault.</exception>
    public static void ThrowIfAny(string kind, FieldErrors errors, string name = "", string group = "meta.k8s.io")
    {
        if (!errors.IsEmpty)
            throw ApiErrors.Invalid(group, kind, name, errors.All);
    }
}
