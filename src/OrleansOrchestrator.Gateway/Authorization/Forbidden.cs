using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Authorization;

/// <summary>Refuses forbidden actions in Kubernetes' words.</summary>
internal static class Forbidden
{
    /// <summary>Requires that a user may do something.</summary>
    /// <exception cref="ApiException">403: the user may not.</exception>
    public static async ValueTask RequireAsync(
        this AuthorizerChain authorizers, UserInfo user, AccessAttributes access, CancellationToken cancellationToken)
    {
        var decision = await authorizers.DecideAsync(user, access, cancellationToken);
        if (!decision.IsAllowed)
            throw Of(user, access, decision.Reason);
    }

    private static ApiException Of(UserInfo user, AccessAttributes access, string reason)
    {
        var because = reason.Length == 0 ? "" : $": {reason}";
        if (!access.IsResource)
            return OtherPath($"forbidden: User \"{user.Name}\" cannot {access.Verb} path \"{access.Path}\"{because}");

        var resource = access.Subresource.Length == 0 ? access.Resource : $"{access.Resource}/{access.Subresource}";
        var scope = access.Namespace.Length == 0 ? "at the cluster scope" : $"in the namespace \"{access.Namespace}\"";
        return ApiErrors.Forbidden(
            new ResourceName(access.Resource, access.Group),
            access.Name,
            $"User \"{user.Name}\" cannot {access.Verb} resource \"{resource}\" in API group \"{access.Group}\" {scope}{because}");
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
