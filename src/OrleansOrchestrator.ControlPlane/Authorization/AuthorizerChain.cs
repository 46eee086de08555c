namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>Asks all authorizers in order. The first that allows or denies decides; what none allows is forbidden.</summary>
public sealed class AuthorizerChain(IEnumerable<IAuthorizer> authorizers)
{
    private readonly IAuthorizer[] _authorizers = [.. authorizers];

    /// <summary>Decides whether a user may do something.</summary>
    public async ValueTask<AuthorizationDecision> DecideAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken)
    {
        var reason = "";
        foreach (var authorizer in _authorizers)
        {
            var decision = await authorizer.AuthorizeAsync(user, access, cancellationToken);
            if (decision.Verdict != Verdict.NoOpinion)
                return decision;
            if (decision.Reason.Length > 0)
                reason = reason.Length == 0 ? decision.Reason : $"{reason}\n{decision.Reason}";
        }

        return new AuthorizationDecision(Verdict.NoOpinion, reason);
    }

    /// <summary>Lists what a user may do in a namespace, by all authorizers.</summary>
    public async ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken)
    {
        var all = new AllowedActions([], []);
        foreach (var authorizer in _authorizers)
            all = all.And(await authorizer.ListAllowedAsync(user, @namespace, cancellationToken));
        return all;
    }
}
