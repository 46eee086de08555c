using System.Globalization;
using System.Net;
using k8s.Models;

namespace OrleansOrchestrator.Node.Handlers;

/// <summary>The HTTP request of a probe or a hook.</summary>
/// <remarks>Certificates are not verified, as with the kubelet: pods use their own.</remarks>
internal static class HttpCall
{
    private const int RedirectsMax = 10;
    private const string HostHeader = "Host";

    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        UseCookies = false,
        UseProxy = false,
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Sends the request, and follows redirects within the same host. One that leads elsewhere is the answer.</summary>
    /// <param name="get">The request.</param>
    /// <param name="agent">Who asks, for the header <c>User-Agent</c>.</param>
    /// <param name="container">The container, for named ports.</param>
    /// <param name="address">The pod's address, unless the request names a host.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    public static async Task<HttpStatusCode> SendAsync(
        V1HTTPGetAction get, string agent, V1Container container, string address, CancellationToken cancellationToken)
    {
        var uri = UriOf(get, container, address);
        for (var redirects = 0; ; redirects++)
        {
            using var request = RequestOf(get, uri, agent);
            using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (Next(uri, response) is not { } next)
                return response.StatusCode;
            if (redirects == RedirectsMax)
                throw new HttpRequestException($"Get \"{next}\": stopped after {RedirectsMax} redirects");
            uri = next;
        }
    }

    private static HttpRequestMessage RequestOf(V1HTTPGetAction get, Uri uri, string agent)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        foreach (var group in (get.HttpHeaders ?? []).GroupBy(header => header.Name, StringComparer.OrdinalIgnoreCase))
        {
            // Those of the request replace the usual ones; an empty value stands for none.
            request.Headers.Remove(group.Key);
            if (group.Key.Equals(HostHeader, StringComparison.OrdinalIgnoreCase))
                request.Headers.Host = group.First().Value;
            else
                request.Headers.TryAddWithoutValidation(group.Key, group.Select(header => header.Value ?? "").Where(value => value.Length > 0));
        }

        return request;
    }

    private static Uri UriOf(V1HTTPGetAction get, V1Container container, string address)
    {
        var host = string.IsNullOrEmpty(get.Host) ? address : get.Host;
        var scheme = string.Equals(get.Scheme, "HTTPS", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        var path = string.IsNullOrEmpty(get.Path) ? "/" : get.Path.StartsWith('/') ? get.Path : "/" + get.Path;
        var port = ContainerPort.Resolve(get.Port, container).ToString(CultureInfo.InvariantCulture);
        return new Uri($"{scheme}://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}{path}");
    }

    private static Uri? Next(Uri present, HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && response.Headers.Location is { } location
        && new Uri(present, location) is { Scheme: "http" or "https" } next && next.Host == present.Host
            ? next
            : null;
}
