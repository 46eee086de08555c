namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>The verdict of an authorizer.</summary>
public enum Verdict
{
    /// <summary>No opinion: other authorizers are asked, and what none allows is forbidden.</summary>
    NoOpinion,

    /// <summary>Allowed; no other authorizer is asked.</summary>
    Allow,

    /// <summary>Forbidden; no other authorizer is asked.</summary>
    Deny,
}

/// <summary>The decision about an action.</summary>
/// <param name="Verdict">What the authorizer says.</param>
/// <param name="Reason">The reason, for the sender and for reviews; empty if there is none.</param>
public readonly record struct AuthorizationDecision(Verdict Verdict, string Reason = "")
{
    /// <summary>The action is allowed.</summary>
    public static AuthorizationDecision Allowed => new(Verdict.Allow);

    /// <summary>No opinion.</summary>
    public static AuthorizationDecision NoOpinion => new(Verdict.NoOpinion);

    /// <summary>Whether it is allowed.</summary>
    public bool IsAllowed => Verdict == Verdict.Allow;

    /// <summary>The action is forbidden.</summary>
    public static AuthorizationDecision Denied(string reason) => new(Verdict.Deny, reason);
}
