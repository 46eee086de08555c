using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Authorization;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Gateway.Authentication;

/// <summary>
/// Replaces the sender of a request by the user that its <c>Impersonate-</c> headers name, if the sender may impersonate that user. All
/// later steps see the impersonated user only.
/// </summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation</remarks>
internal sealed class Impersonation(AuthorizerChain authorizers)
{
    private const string Prefix = "Impersonate-";
    private const string User = Prefix + "User";
    private const string Group = Prefix + "Group";
    private const string Uid = Prefix + "Uid";
    private const string ExtraPrefix = Prefix + "Extra-";
    private const string ReviewGroup = "authentication.k8s.io";

    /// <summary>Determines the user as whom a request acts.</summary>
    /// <returns>The sender if the request impersonates nobody.</returns>
    /// <exception cref="ApiException">403: the sender may not impersonate one of the named subjects; 400: the headers name no
    /// user.</exception>
    public ValueTask<UserInfo> ApplyAsync(UserInfo sender, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        foreach (var header in headers)
        {
            if (header.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                return ImpersonateAsync(sender, headers, cancellationToken);
        }

        return ValueTask.FromResult(sender);
    }

    private async ValueTask<UserInfo> ImpersonateAsync(UserInfo sender, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        var name = FirstOf(headers, User);
        var uid = FirstOf(headers, Uid);
        IReadOnlyList<string> groups = [.. headers[Group].OfType<string>()];
        var extra = ExtraOf(headers);
        if (name.Length == 0)
        {
            return uid.Length == 0 && groups.Count == 0 && extra.Count == 0
                ? sender
                : throw ApiErrors.BadRequest($"requested {Requested(groups, uid, extra)} without impersonating a user");
        }

        var account = ServiceAccountName.Parse(name);
        await RequireAsync(account is var (space, accountName) ? Of("serviceaccounts", accountName) with { Namespace = space } : Of("users", name));
        foreach (var group in groups)
            await RequireAsync(Of("groups", group));
        foreach (var (key, values) in extra)
        {
            foreach (var value in values)
                await RequireAsync(Of("userextras", value) with { Group = ReviewGroup, Subresource = key });
        }

        if (uid.Length > 0)
            await RequireAsync(Of("uids", uid) with { Group = ReviewGroup });
        if (groups.Count == 0 && account is not null)
            groups = ServiceAccountName.GroupsOf(account.Value.Namespace);
        return new UserInfo(name, WithSystemGroup(name, groups), uid.Length == 0 ? null : uid) { Extra = extra };

        ValueTask RequireAsync(AccessAttributes impersonated) => authorizers.RequireAsync(sender, impersonated, cancellationToken);
    }

    private static AccessAttributes Of(string resource, string name) =>
        new() { IsResource = true, Verb = Verbs.Impersonate, Version = "v1", Resource = resource, Name = name };

    /// <summary>An impersonated user counts as authenticated unless the request says otherwise; the anonymous user does not.</summary>
    private static IReadOnlyList<string> WithSystemGroup(string name, IReadOnlyList<string> groups)
    {
        var isAnonymous = name == WellKnownGroups.AnonymousUser;
        if (groups.Contains(WellKnownGroups.Unauthenticated) || (!isAnonymous && groups.Contains(WellKnownGroups.Authenticated)))
            return groups;
        return [.. groups, isAnonymous ? WellKnownGroups.Unauthenticated : WellKnownGroups.Authenticated];
    }

    private static Dictionary<string, IReadOnlyList<string>> ExtraOf(IHeaderDictionary headers)
    {
        var extra = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var header in headers)
        {
            if (!header.Key.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
                continue;

            // Keys may contain characters that header names may not, such as "/", so that they are percent-encoded. Spellings that
            // decode to the same key are one key.
            var key = Uri.UnescapeDataString(header.Key[ExtraPrefix.Length..].ToLowerInvariant());
            extra[key] = [.. extra.GetValueOrDefault(key, []), .. header.Value.OfType<string>()];
        }

        return extra;
    }

    private static string FirstOf(IHeaderDictionary headers, string name) => headers[name] is [var first, ..] ? first ?? "" : "";

    private static string Requested(IReadOnlyList<string> groups, string uid, Dictionary<string, IReadOnlyList<string>> extra)
    {
        var parts = groups.Select(group => $"group \"{group}\"")
            .Concat(extra.SelectMany(item => item.Value.Select(value => $"extra \"{item.Key}\": \"{value}\"")))
            .Concat(uid.Length == 0 ? [] : [$"uid \"{uid}\""]);
        return string.Join(", ", parts);
    }
}
