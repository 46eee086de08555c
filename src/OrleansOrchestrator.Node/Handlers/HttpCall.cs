using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Handlers;

/// <summary>The HTTP request of a probe or a hook.</summary>
/// <remarks>Certificates are not verified, as with the kubelet: pods use their own.</remarks>
internal static class HttpCall
{
    private const int RedirectsMax = 10;

    // Of the body, as much as the kubelet reads.
    private const int BodyBytesMax = 10 * 1024;
    private const string HostHeader = "Host";

    // What a client writes by itself, as with the kubelet.
    private static readonly HashSet<string> Framing = new(StringComparer.OrdinalIgnoreCase) { "Content-Length", "Transfer-Encoding", "Trailer" };

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
    /// <param name="within">The time that it may take.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The code, and the beginning of the body of a redirect.</returns>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    public static async Task<(HttpStatusCode Status, string Body)> SendAsync(
        V1HTTPGetAction get, string agent, V1Container container, string address, TimeSpan within, CancellationToken cancellationToken)
    {
        var uri = UriOf(get, container, address);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelWithin(within);
        try
        {
            for (var redirects = 0; ; redirects++)
            {
                using var request = RequestOf(get, uri, agent);
                using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
                if (Next(uri, response) is not { } next)
                    return (response.StatusCode, (int)response.StatusCode is >= 300 and < 400 ? await StartOfAsync(response, timeout.Token) : "");
                uri = redirects < RedirectsMax ? next : throw new HttpRequestException($"stopped after {RedirectsMax} redirects");
            }
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"Get \"{uri}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new HttpRequestException($"Get \"{uri}\": {TextOf(exception, uri)}", exception);
        }
    }

    private static string TextOf(HttpRequestException exception, Uri uri) => exception switch
    {
        { InnerException: SocketException failure } => DialFailure.TextOf(failure, uri.DnsSafeHost, uri.Port),
        { HttpRequestError: HttpRequestError.ResponseEnded } => "EOF",
        _ => exception.Message,
    };

    private static async Task<string> StartOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = new byte[BodyBytesMax];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        return Encoding.UTF8.GetString(body, 0, await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken));
    }

    private static HttpRequestMessage RequestOf(V1HTTPGetAction get, Uri uri, string agent)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        foreach (var group in (get.HttpHeaders ?? []).GroupBy(header => header.Name, StringComparer.OrdinalIgnoreCase))
        {
            // Those of the request replace the usual ones; an empty value stands for none.
            if (request.Headers.NonValidated.Contains(group.Key))
                request.Headers.Remove(group.Key);
            if (group.Key.Equals(HostHeader, StringComparison.OrdinalIgnoreCase))
                request.Headers.Host = group.First().Value;
            else
                Add(request, group.Key, [.. group.Select(header => header.Value ?? "").Where(value => value.Length > 0)]);
        }

        return request;
    }

    /// <summary>Adds any header that is not the connection's own. Some belong to a body, which is empty.</summary>
    private static void Add(HttpRequestMessage request, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0 || Framing.Contains(name) || request.Headers.TryAddWithoutValidation(name, values))
            return;
        request.Content ??= new ByteArrayContent([]);
        request.Content.Headers.TryAddWithoutValidation(name, values);
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
