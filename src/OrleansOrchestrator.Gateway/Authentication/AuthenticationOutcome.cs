using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>The result of an authenticator.</summary>
/// <param name="User">The sender; null if unknown.</param>
/// <param name="IsRejected">Whether there were credentials of the authenticator's kind that it does not accept.</param>
public readonly record struct AuthenticationOutcome(UserInfo? User, bool IsRejected)
{
    /// <summary>The requested audiences for which the credentials are valid; null if the credentials do not say.</summary>
    public IReadOnlyList<string>? Audiences { get; init; }

    /// <summary>The request has no credentials of this kind.</summary>
    public static AuthenticationOutcome NoCredentials => default;

    /// <summary>The request has invalid credentials of this kind.</summary>
    public static AuthenticationOutcome Rejected => new(null, true);

    /// <summary>The sender is known.</summary>
    public static AuthenticationOutcome Known(UserInfo user) => new(user, false);
}
