namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>Decides what users may do. Requests, reviews and admission ask it; admission asks whether a user may grant what a write
/// would grant.</summary>
public interface IAuthorizer
{
    /// <summary>Decides whether a user may do something.</summary>
    ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken);

    /// <summary>Lists what it allows a user in a namespace and in the whole cluster.</summary>
    ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken);
}
