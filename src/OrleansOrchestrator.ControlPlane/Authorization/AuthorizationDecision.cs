namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>What an authorizer says.</summary>
public enum Verdict
{
    /// <summary>Nothing: others are asked, and what nobody allows is forbidden.</summary>
    NoOpinion,

    /// <summary>It is allowed, and nobody else is asked.</summary>
    Allow,

    /// <summary>It is forbidden, and nobody else is asked.</summary>
    Deny,
}

/// <summary>Whether something is allowed.</summary>
/// <param name="Verdict">What the authorizer says.</param>
/// <param name="Reason">Why, for the sender and for reviews; empty if there is nothing to tell.</param>
public readonly record struct AuthorizationDecision(Verdict Verdict, string Reason = "")
{
    /// <summary>It is allowed.</summary>
    public static AuthorizationDecision Allowed => new(Verdict.Allow);

    /// <summary>Nothing is said.</summary>
    public static AuthorizationDecision NoOpinion => new(Verdict.NoOpinion);

    /// <summary>Whether it is allowed.</summary>
    public bool IsAllowed => Verdict == Verdict.Allow;

    /// <summary>It is forbidden.</summary>
    public static AuthorizationDecision Denied(string reason) => new(Verdict.Deny, reason);
}
