using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>Service accounts as users.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens</remarks>
internal static class ServiceAccountUser
{
    private const string NamePrefix = "system:serviceaccount:";
    private const string AllAccounts = "system:serviceaccounts";

    /// <summary>The user's name.</summary>
    public static string NameOf(string @namespace, string name) => $"{NamePrefix}{@namespace}:{name}";

    /// <summary>The groups that all service accounts of a namespace are in.</summary>
    public static IReadOnlyList<string> GroupsOf(string @namespace) => [AllAccounts, $"{AllAccounts}:{@namespace}"];

    /// <summary>Reads a user's name as that of a service account.</summary>
    /// <returns>The account; null if no account can have the name.</returns>
    public static (string Namespace, string Name)? Parse(string user)
    {
        if (!user.StartsWith(NamePrefix, StringComparison.Ordinal))
            return null;
        return user[NamePrefix.Length..].Split(':') is [var @namespace, var name]
            && NameRules.IsDns1123Label(@namespace).Count == 0 && NameRules.IsDns1123Subdomain(name).Count == 0
            ? (@namespace, name)
            : null;
    }

    /// <summary>The user.</summary>
    public static UserInfo Of(string @namespace, string name, string uid) => new(
        NameOf(@namespace, name),
        [.. GroupsOf(@namespace), WellKnownGroups.Authenticated],
        uid);
}
