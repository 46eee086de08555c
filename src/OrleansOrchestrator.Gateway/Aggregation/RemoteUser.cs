using System.Net.Http.Headers;
using System.Text;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>Names the user of a request to a server that trusts this one.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy</remarks>
internal static class RemoteUser
{
    private const string Impersonation = "Impersonate-";

    // Any header of this beginning may name a user to some server.
    private const string Prefix = "X-Remote-";

    // What a header's name may consist of besides letters and digits (RFC 9110).
    private const string TokenSymbols = "!#$&'*+-.^_`|~";

    /// <summary>Removes what the client says of itself, credentials included, and names the user that this server knows.</summary>
    /// <exception cref="ApiException">400: the user has a name that headers cannot carry.</exception>
    public static void Set(HttpRequestHeaders headers, UserInfo user)
    {
        headers.Authorization = null;
        foreach (var name in headers.Select(header => header.Key).Where(IsReserved).ToList())
            headers.Remove(name);
        try
        {
            Add(AuthenticationTrust.UserHeader, [user.Name]);
            Add(AuthenticationTrust.GroupHeader, user.Groups);
            foreach (var (key, values) in user.Extra)
                Add(AuthenticationTrust.ExtraHeaderPrefix + Escape(key), values);
        }
        catch (ArgumentException)
        {
            // Half a name would be the name of somebody else.
            throw ApiErrors.BadRequest("the name, a group or another attribute of the user cannot be sent in a header");
        }

        void Add(string name, IReadOnlyList<string> values)
        {
            if (values.Count > 0)
                headers.TryAddWithoutValidation(name, HeaderLines.Join(values));
        }
    }

    /// <summary>How a header is encoded.</summary>
    public static Encoding EncodingOf(string header) => IsReserved(header) ? new HeaderLines(header) : Encoding.UTF8;

    private static bool IsReserved(string header) =>
        header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || header.StartsWith(Impersonation, StringComparison.OrdinalIgnoreCase);

    /// <summary>Keys may contain what the names of headers may not, such as a slash.</summary>
    private static string Escape(string key)
    {
        var escaped = new StringBuilder();
        foreach (var unit in Encoding.UTF8.GetBytes(key))
        {
            if (char.IsAsciiLetterOrDigit((char)unit) || TokenSymbols.Contains((char)unit, StringComparison.Ordinal))
                escaped.Append((char)unit);
            else
                escaped.Append('%').Append(Convert.ToHexString([unit]));
        }

        return escaped.ToString();
    }
}
