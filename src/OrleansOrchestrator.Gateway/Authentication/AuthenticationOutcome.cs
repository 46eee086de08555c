using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>What an authenticator found.</summary>
/// <param name="User">The sender; null if it is not known.</param>
/// <param name="IsRejected">Whether there were credentials of the authenticator's kind that it does not accept.</param>
public readonly record struct AuthenticationOutcome(UserInfo? User, bool IsRejected)
{
    /// <summary>Whom the credentials are for, of those that were asked about; null if they do not say.</summary>
    public IReadOnlyList<string>? Audiences { get; init; }

    /// <summary>The request has no credentials of this kind.</summary>
    public static AuthenticationOutcome NoCredentials => default;

    /// <summary>The request has credentials of this kind that are not good.</summary>
    public static AuthenticationOutcome Rejected => new(null, true);

    /// <summary>The sender is known.</summary>
    public static AuthenticationOutcome Known(UserInfo user) => new(user, false);
}
