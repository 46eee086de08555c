namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>The one rule that no object says: the group <see cref="WellKnownGroups.Masters"/> may do everything, so that no change of roles
/// locks administrators out.</summary>
internal sealed class SystemAuthorizer : IAuthorizer
{
    private static readonly AllowedActions Nothing = new([], []);

    /// <inheritdoc/>
    public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken) =>
        ValueTask.FromResult(user.IsIn(WellKnownGroups.Masters) ? AuthorizationDecision.Allowed : AuthorizationDecision.NoOpinion);

    /// <summary>Lists nothing, as in Kubernetes: the role <c>cluster-admin</c> is listed.</summary>
    public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken) => ValueTask.FromResult(Nothing);
}
