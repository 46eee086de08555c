namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>Users and groups that mean something to the machinery.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/authentication/</remarks>
public static class WellKnownGroups
{
    /// <summary>May do everything.</summary>
    public const string Masters = "system:masters";

    /// <summary>Everyone with good credentials.</summary>
    public const string Authenticated = "system:authenticated";

    /// <summary>Everyone without credentials.</summary>
    public const string Unauthenticated = "system:unauthenticated";

    /// <summary>The user of requests without credentials.</summary>
    public const string AnonymousUser = "system:anonymous";
}
