using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using k8s.Models;

namespace OrleansOrchestrator.Kinds.Bootstrap;

/// <summary>A token by which a machine joins the cluster: an id that may be known, and a secret.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/</remarks>
/// <param name="Id">The id, six characters.</param>
/// <param name="Secret">The secret, sixteen characters.</param>
public sealed partial record BootstrapToken(string Id, string Secret)
{
    /// <summary>The namespace of the tokens' secrets.</summary>
    public const string Namespace = "kube-system";

    /// <summary>The type of the tokens' secrets.</summary>
    public const string SecretType = "bootstrap.kubernetes.io/token";

    /// <summary>The beginning of the names of the tokens' secrets.</summary>
    public const string SecretPrefix = "bootstrap-token-";

    /// <summary>The beginning of the names of users with such tokens.</summary>
    public const string UserPrefix = "system:bootstrap:";

    /// <summary>The usage with which a token logs in.</summary>
    public const string Authentication = "authentication";

    /// <summary>The usage with which a token signs how the cluster is known.</summary>
    public const string Signing = "signing";

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int IdLength = 6;
    private const int SecretLength = 16;

    /// <summary>The length of a token.</summary>
    public const int Length = IdLength + 1 + SecretLength;

    /// <summary>The name of the token's secret.</summary>
    public string SecretName => SecretPrefix + Id;

    /// <summary>Makes a token that nobody can guess.</summary>
    public static BootstrapToken Create() => new(RandomNumberGenerator.GetString(Alphabet, IdLength), RandomNumberGenerator.GetString(Alphabet, SecretLength));

    /// <summary>Reads a token; null if the text is none.</summary>
    public static BootstrapToken? Parse(string? text) =>
        text is { Length: Length } && Pattern().Match(text) is { Success: true } match ? new(match.Groups[1].Value, match.Groups[2].Value) : null;

    /// <summary>Whether a text is the id of a token.</summary>
    public static bool IsId(string text) => IdPattern().IsMatch(text);

    /// <summary>Reads the token of a secret; null if the secret is that of no token.</summary>
    public static BootstrapToken? Of(V1Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return secret.Type == SecretType
            && Parse($"{Value(secret, "token-id")}.{Value(secret, "token-secret")}") is { } token
            && secret.Metadata.Name == token.SecretName
            ? token
            : null;
    }

    /// <summary>Whether the token of a secret has a usage.</summary>
    public static bool Has(V1Secret secret, string usage) => Value(secret, $"usage-bootstrap-{usage}") == "true";

    /// <summary>The further groups of who logs in with the token of a secret.</summary>
    public static IReadOnlyList<string> GroupsOf(V1Secret secret) =>
        Value(secret, "auth-extra-groups").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The form of such a group.</summary>
    public const string GroupForm = @"\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\z";

    /// <summary>Whether a token may have a group: others would give a machine that joins what it must not have.</summary>
    public static bool IsGroup(string group) => GroupPattern().IsMatch(group);

    /// <summary>When the token of a secret ends; null if it does not. What is no time has ended long ago.</summary>
    /// <remarks>Times are written by RFC 3339.</remarks>
    public static DateTimeOffset? EndOf(V1Secret secret)
    {
        var text = Value(secret, "expiration");
        if (text.Length == 0)
            return null;
        return Rfc3339().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var end) ? end : DateTimeOffset.MinValue;
    }

    /// <summary>A value in the secret of a token; empty if it has none.</summary>
    public static string Value(V1Secret secret, string key)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return secret.Data is { } data && data.TryGetValue(key, out var bytes) && bytes is not null ? Encoding.UTF8.GetString(bytes) : "";
    }

    /// <summary>The secret that makes the token known to the cluster.</summary>
    /// <param name="description">For people; empty for none.</param>
    /// <param name="end">When it ends; null for never.</param>
    /// <param name="usages">Its usages.</param>
    /// <param name="groups">The further groups of who logs in with it.</param>
    public V1Secret ToSecret(string description, DateTimeOffset? end, IEnumerable<string> usages, IReadOnlyCollection<string> groups)
    {
        var values = new Dictionary<string, string> { ["token-id"] = Id, ["token-secret"] = Secret };
        if (description.Length > 0)
            values["description"] = description;
        if (end is { } time)
            values["expiration"] = time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (groups.Count > 0)
            values["auth-extra-groups"] = string.Join(',', groups);
        foreach (var usage in usages)
            values[$"usage-bootstrap-{usage}"] = "true";
        return new V1Secret
        {
            ApiVersion = "v1",
            Kind = "Secret",
            Metadata = new V1ObjectMeta { Name = SecretName, NamespaceProperty = Namespace },
            Type = SecretType,
            Data = values.ToDictionary(value => value.Key, value => Encoding.UTF8.GetBytes(value.Value)),
        };
    }

    /// <summary>The token as its user writes it.</summary>
    public override string ToString() => $"{Id}.{Secret}";

    [GeneratedRegex(@"\A([a-z0-9]{6})\.([a-z0-9]{16})\z")]
    private static partial Regex Pattern();

    [GeneratedRegex(GroupForm)]
    private static partial Regex GroupPattern();

    [GeneratedRegex(@"\A[a-z0-9]{6}\z")]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Rfc3339();
}
