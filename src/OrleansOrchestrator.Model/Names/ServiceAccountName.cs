namespace OrleansOrchestrator.Model.Names;

/// <summary>The user and group names of service accounts.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens</remarks>
public static class ServiceAccountName
{
    private const string Prefix = "system:serviceaccount:";
    private const string AllAccounts = "system:serviceaccounts";

    /// <summary>The user's name.</summary>
    public static string Of(string @namespace, string name) => $"{Prefix}{@namespace}:{name}";

    /// <summary>The groups of all service accounts of a namespace.</summary>
    public static IReadOnlyList<string> GroupsOf(string @namespace) => [AllAccounts, $"{AllAccounts}:{@namespace}"];

    /// <summary>Parses a user's name as that of a service account.</summary>
    /// <returns>The account; null if no account can have the name.</returns>
    public static (string Namespace, string Name)? Parse(string user)
    {
        if (!user.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        return user[Prefix.Length..].Split(':') is [var @namespace, var name]
            && NameRules.IsDns1123Label(@namespace).Count == 0 && NameRules.IsDns1123Subdomain(name).Count == 0
            ? (@namespace, name)
            : null;
    }
}
