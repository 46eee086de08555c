namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>Decides what users may do: for requests, for reviews, and for admission, which asks whether a user may give away what a write
/// would give.</summary>
public interface IAuthorizer
{
    /// <summary>Decides whether a user may do something.</summary>
    ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken);

    /// <summary>Lists what it allows a user, in a namespace and in the whole cluster.</summary>
    ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken);
}
