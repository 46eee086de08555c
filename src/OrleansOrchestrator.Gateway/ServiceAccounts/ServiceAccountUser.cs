using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Authentication;

namespace OrleansOrchestrator.Gateway.ServiceAccounts;

/// <summary>Service accounts as users.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens</remarks>
internal static class ServiceAccountUser
{
    private const string AllAccounts = "system:serviceaccounts";

    /// <summary>The user's name.</summary>
    public static string NameOf(string @namespace, string name) => $"system:serviceaccount:{@namespace}:{name}";

    /// <summary>The user.</summary>
    public static UserInfo Of(string @namespace, BoundObject account) => new(
        NameOf(@namespace, account.Name),
        [AllAccounts, $"{AllAccounts}:{@namespace}", WellKnownGroups.Authenticated],
        account.Uid);
}
