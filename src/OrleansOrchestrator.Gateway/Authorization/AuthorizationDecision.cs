namespace OrleansOrchestrator.Gateway.Authorization;

/// <summary>Whether a request is allowed.</summary>
/// <param name="IsAllowed">Whether it is.</param>
/// <param name="Reason">Why it is not, for the sender; empty if there is nothing to tell.</param>
public readonly record struct AuthorizationDecision(bool IsAllowed, string Reason = "")
{
    /// <summary>It is.</summary>
    public static AuthorizationDecision Allowed => new(true);

    /// <summary>It is not, as nothing allows it.</summary>
    public static AuthorizationDecision NoOpinion => new(false);
}
