using k8s.Models;
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
        if (errors.IsEmpty)
            return;
        var all = errors.All;
        var list = all.Count == 1 ? all[0].ToString() : $"[{string.Join(", ", all)}]";
        throw new ApiException(new V1Status
        {
            ApiVersion = "v1",
            Kind = "Status",
            Status = "Failure",
            Message = $"{(group.Length > 0 ? $"{kind}.{group}" : kind)} \"{name}\" is invalid: {list}",
            Reason = "Invalid",
            Code = 422,
            Details = new V1StatusDetails
            {
                Group = group.Length > 0 ? group : null,
                Kind = kind,
                Name = name.Length > 0 ? name : null,
                Causes = [.. all.Select(error => new V1StatusCause { Field = error.Field, Message = error.Message, Reason = error.Reason })],
            },
        });
    }
}
