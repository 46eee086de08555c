using System.Text.Json.Serialization;

namespace OrleansOrchestrator.Gateway.ServiceAccounts;

/// <summary>The payload of a service account's token.</summary>
/// <param name="Audiences">The audiences.</param>
/// <param name="Expires">The expiry in seconds since 1970.</param>
/// <param name="IssuedAt">When it was issued, in seconds since 1970.</param>
/// <param name="Issuer">The issuer.</param>
/// <param name="Id">The unique id.</param>
/// <param name="Binding">The objects that it is bound to.</param>
/// <param name="NotBefore">The start of its validity, in seconds since 1970.</param>
/// <param name="Subject">The user's name.</param>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens</remarks>
internal sealed record TokenPayload(
    [property: JsonPropertyName("aud")] IReadOnlyList<string> Audiences,
    [property: JsonPropertyName("exp")] long Expires,
    [property: JsonPropertyName("iat")] long IssuedAt,
    [property: JsonPropertyName("iss")] string Issuer,
    [property: JsonPropertyName("jti")] string Id,
    [property: JsonPropertyName("kubernetes.io")] TokenBinding Binding,
    [property: JsonPropertyName("nbf")] long NotBefore,
    [property: JsonPropertyName("sub")] string Subject);

/// <summary>The objects that must exist for a token to be valid.</summary>
/// <param name="Namespace">The namespace of the account.</param>
/// <param name="Account">The account.</param>
internal sealed record TokenBinding(
    [property: JsonPropertyName("namespace")] string Namespace,
    [property: JsonPropertyName("serviceaccount")] BoundObject Account)
{
    /// <summary>The pod; null if it is not bound to one.</summary>
    [JsonPropertyName("pod"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BoundObject? Pod { get; init; }

    /// <summary>The secret; null if it is not bound to one.</summary>
    [JsonPropertyName("secret"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BoundObject? Secret { get; init; }

    /// <summary>The node; null if it is not bound to one.</summary>
    [JsonPropertyName("node"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BoundObject? Node { get; init; }
}

/// <summary>A bound object.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">The uid, which tells it from a later object of the same name.</param>
internal sealed record BoundObject([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("uid")] string Uid);
