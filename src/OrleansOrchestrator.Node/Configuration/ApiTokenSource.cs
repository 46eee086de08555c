using System.Collections.Concurrent;
using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Leases;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Requests tokens from the API, and keeps each until it should be replaced.</summary>
/// <param name="api">The connection.</param>
/// <param name="clock">The clock of the tokens' ages. Their times of day are those of the servers, which this machine's may differ
/// from.</param>
internal sealed class ApiTokenSource(ClusterConnection api, SteadyClock clock) : ITokenSource
{
    private const long SecondsDefault = 3600;

    // As with the kubelet: a token is replaced after four fifths of its time, and after a day at the latest.
    private const double UsedPart = 0.8;
    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<Key, Entry> _tokens = new();

    public async Task<string> GetTokenAsync(V1Pod pod, V1ServiceAccountTokenProjection wanted, CancellationToken cancellationToken)
    {
        var account = string.IsNullOrEmpty(pod.Spec.ServiceAccountName) ? "default" : pod.Spec.ServiceAccountName;
        var key = new Key(pod.Metadata.Uid, account, wanted.Audience ?? "", wanted.ExpirationSeconds ?? SecondsDefault);
        var now = clock.GetUtcNow();
        if (_tokens.TryGetValue(key, out var known) && now < known.ReplaceAt)
            return known.Token;
        try
        {
            var token = await RequestAsync(pod, key, now, cancellationToken);
            RemoveExpired(now);
            _tokens[key] = token;
            return token.Token;
        }
        catch (Exception exception) when (
            known is not null && now < known.Expires && (exception is ConfigurationException || ApiFailure.IsTransient(exception)) && !cancellationToken.IsCancellationRequested)
        {
            // The old one is good yet.
            return known.Token;
        }
    }

    public void Forget(string podUid)
    {
        foreach (var key in _tokens.Keys.Where(key => key.PodUid == podUid))
            _tokens.TryRemove(key, out _);
    }

    private async Task<Entry> RequestAsync(V1Pod pod, Key key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var request = new Authenticationv1TokenRequest
        {
            ApiVersion = "authentication.k8s.io/v1",
            Kind = "TokenRequest",
            Metadata = new V1ObjectMeta { Name = key.Account, NamespaceProperty = pod.Metadata.NamespaceProperty },
            Spec = new V1TokenRequestSpec
            {
                Audiences = key.Audience.Length == 0 ? [] : [key.Audience],
                ExpirationSeconds = key.Seconds,
                BoundObjectRef = new V1BoundObjectReference { ApiVersion = "v1", Kind = "Pod", Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
            },
        };
        try
        {
            var answer = await api.CreateAsync(ResourcePath.ServiceAccountToken(pod.Metadata.NamespaceProperty, key.Account), request, cancellationToken);
            var expires = Waits.After(now, Waits.Seconds(answer.Spec?.ExpirationSeconds ?? key.Seconds));
            var replaceAt = now + ((expires - now) * UsedPart);
            return new Entry(answer.Status.Token, expires, replaceAt < now + AgeMax ? replaceAt : now + AgeMax);
        }
        catch (ApiException exception) when (exception.IsRefusal)
        {
            throw new ConfigurationException($"failed to fetch token: {exception.Message}");
        }
    }

    private void RemoveExpired(DateTimeOffset now)
    {
        foreach (var (key, entry) in _tokens)
        {
            if (entry.Expires <= now)
                _tokens.TryRemove(KeyValuePair.Create(key, entry));
        }
    }

    private sealed record Key(string PodUid, string Account, string Audience, long Seconds);

    private sealed record Entry(string Token, DateTimeOffset Expires, DateTimeOffset ReplaceAt);
}
