using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Authorization;

/// <summary>Decides what a user may do.</summary>
public interface IAuthorizer
{
    /// <summary>Decides about a request.</summary>
    ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, RequestInfo request, CancellationToken cancellationToken);

    /// <summary>Lists what it allows a user, in a namespace and in the whole cluster.</summary>
    ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken);
}
