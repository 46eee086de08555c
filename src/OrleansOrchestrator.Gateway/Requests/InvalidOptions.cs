using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Refuses query options that contradict each other or have a value that does not exist.</summary>
internal static class InvalidOptions
{
    /// <summary>Throws if there is any fault, telling all of them.</summary>
    /// <param name="kind">The options' kind, as in <c>ListOptions</c>.</param>
    /// <param name="errors">The faults.</param>
    /// <param name="name">The object's name that the options are for, where Kubernetes tells it.</param>
    /// <param name="group">The options' group.</param>
    /// <exception cref="ApiException">422: there is one.</exception>
    public static void ThrowIfAny(string kind, FieldErrors errors, string name = "", string group = "meta.k8s.io")
    {
        if (!errors.IsEmpty)
            throw ApiErrors.Invalid(group, kind, name, errors.All);
    }
}
