using System.Text.Json.Serialization;

namespace OrleansOrchestrator.Gateway.ServiceAccounts;

/// <summary>What a token of a service account says.</summary>
/// <param name="Audiences">Whom it is for.</param>
/// <param name="Expires">When it ends, in seconds since 1970.</param>
/// <param name="IssuedAt">When it was made.</param>
/// <param name="Issuer">Who made it.</param>
/// <param name="Id">Tells it from all others.</param>
/// <param name="Binding">What it stands and falls with.</param>
/// <param name="NotBefore">When it begins.</param>
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

/// <summary>The objects that have to exist for a token to be good.</summary>
/// <param name="Namespace">The namespace of the account.</param>
/// <param name="Account">The account.</param>
internal sealed record TokenBinding(
    [property: JsonPropertyName("namespace")] string Namespace,
    [property: JsonPropertyName("serviceaccount")] BoundObject Account)
{
    /// <summary>The pod that uses it; null if it is not bound to one.</summary>
    [JsonPropertyName("pod"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BoundObject? Pod { get; init; }

    /// <summary>The secret it goes with; null if it is not bound to one.</summary>
    [JsonPropertyName("secret"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BoundObject? Secret { get; init; }

    /// <summary>The node it goes with; null if it is not bound to one.</summary>
    [JsonPropertyName("node"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BoundObject? Node { get; init; }
}

/// <summary>One object.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid: another object of the name is another object.</param>
internal sealed record BoundObject([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("uid")] string Uid);
