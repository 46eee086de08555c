using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Gateway.ServiceAccounts;

/// <summary>Signs the tokens of service accounts, and verifies their signatures. <see cref="TokenBindings"/> checks that their objects
/// still exist.</summary>
internal sealed class ServiceAccountTokens
{
    // Far above the length of a token with its audiences: a longer text is not parsed.
    private const int TokenCharactersMax = 16 * 1024;

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = TokenCharactersMax };
    private readonly SigningCredentials _credentials;
    private readonly TokenValidationParameters _validation;
    private readonly TimeProvider _time;

    public ServiceAccountTokens(ClusterIdentity identity, TimeProvider time)
    {
        _time = time;
        var key = new ECDsaSecurityKey(identity.TokenKey)
        {
            KeyId = Base64UrlEncoder.Encode(SHA256.HashData(identity.TokenKey.ExportSubjectPublicKeyInfo())),
        };
        _credentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256);
        _validation = new TokenValidationParameters
        {
            ValidIssuer = TokenAudiences.Api,
            IssuerSigningKey = key,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidateAudience = false,
            LifetimeValidator = IsAlive,
        };
    }

    /// <summary>Makes a token.</summary>
    /// <param name="binding">The account and what else it is bound to.</param>
    /// <param name="audiences">The audiences.</param>
    /// <param name="lifetime">The lifetime.</param>
    public (string Token, DateTimeOffset Expires) Issue(TokenBinding binding, IReadOnlyList<string> audiences, TimeSpan lifetime)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(_time.GetUtcNow().ToUnixTimeSeconds());
        var payload = new TokenPayload(
            audiences,
            (now + lifetime).ToUnixTimeSeconds(),
            now.ToUnixTimeSeconds(),
            TokenAudiences.Api,
            Guid.NewGuid().ToString(),
            binding,
            now.ToUnixTimeSeconds(),
            ServiceAccountName.Of(binding.Namespace, binding.Account.Name));
        return (_handler.CreateToken(JsonSerializer.Serialize(payload), _credentials), now + lifetime);
    }

    /// <summary>Whether a text has the form of such a token, valid or not.</summary>
    public static bool IsTokenLike(ReadOnlySpan<char> text) => text.Length <= TokenCharactersMax && text.Count('.') == 2;

    /// <summary>Reads a token.</summary>
    /// <returns>The payload; null if this cluster did not sign it or it is not valid now.</returns>
    public async ValueTask<TokenPayload?> ReadAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _validation);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken read)
            return null;
        return JsonSerializer.Deserialize<TokenPayload>(Base64UrlEncoder.DecodeBytes(read.EncodedPayload));
    }

    private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return expires > now && !(notBefore > now);
    }
}
