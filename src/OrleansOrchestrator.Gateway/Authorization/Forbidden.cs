using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Authorization;

/// <summary>Says that a user may not do something, in Kubernetes' words.</summary>
internal static class Forbidden
{
    /// <summary>403 for a request.</summary>
    public static ApiException Of(UserInfo user, RequestInfo request, string reason)
    {
        var because = reason.Length == 0 ? "" : $": {reason}";
        if (!request.IsResource)
            return OtherPath($"forbidden: User \"{user.Name}\" cannot {request.Verb} path \"{request.Path}\"{because}");

        var resource = request.Subresource.Length == 0 ? request.Resource : $"{request.Resource}/{request.Subresource}";
        var scope = request.Namespace.Length == 0 ? "at the cluster scope" : $"in the namespace \"{request.Namespace}\"";
        return ApiErrors.Forbidden(
            new ResourceName(request.Resource, request.Group),
            request.Name,
            $"User \"{user.Name}\" cannot {request.Verb} resource \"{resource}\" in API group \"{request.Group}\" {scope}{because}");
    }

    private static ApiException OtherPath(string message) => new(new V1Status
    {
        Status = "Failure",
        Message = message,
        Reason = "Forbidden",
        Details = new V1StatusDetails(),
        Code = 403,
    });
}
