using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using k8s;

namespace OrleansOrchestrator.Testing.Programs;

/// <summary>A plain HTTP client of the API, with the credentials of a kubeconfig. For what kubectl hides, or does too slowly.</summary>
public sealed class ApiConnection : IDisposable
{
    private readonly HttpClient _client;
    private readonly CancellationToken _over;

    /// <summary>Prepares a connection without opening it.</summary>
    /// <param name="kubeConfig">The path of the kubeconfig.</param>
    /// <param name="over">Cancels every request that has no token of its own.</param>
    /// <param name="connectTimeout">
    /// The timeout of a connection attempt; ten seconds by default, enough for a busy machine. A client that turns to another
    /// server next wants less.
    /// </param>
    /// <param name="answerTimeout">The timeout of an answer; 20 seconds by default.</param>
    public ApiConnection(string kubeConfig, CancellationToken over, TimeSpan? connectTimeout = null, TimeSpan? answerTimeout = null)
    {
        _over = over;
        var configuration = KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeConfig);
        Server = new Uri(configuration.Host);
        Token = configuration.AccessToken;
        Authority = configuration.SslCaCerts[0];
        var handler = new SocketsHttpHandler
        {
            // Sends bytes unchanged: the server's interpretation is under test.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectTimeout = connectTimeout ?? TimeSpan.FromSeconds(10),
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, faults) => IsOurs(certificate, faults),
            },
        };
        _client = new HttpClient(handler) { BaseAddress = Server, Timeout = answerTimeout ?? TimeSpan.FromSeconds(20) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    /// <summary>The URL of the API.</summary>
    public Uri Server { get; }

    /// <summary>The bearer token.</summary>
    public string Token { get; }

    /// <summary>The certificate authority of the server's certificate.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>Reads an object or list.</summary>
    /// <exception cref="HttpRequestException">The answer is not a success.</exception>
    public async Task<JsonNode> GetAsync(string path) =>
        (await _client.GetFromJsonAsync<JsonNode>(path, _over))!;

    /// <summary>The items of a list.</summary>
    public async Task<IReadOnlyList<JsonNode>> ListAsync(string path) => [.. (await GetAsync(path))["items"]!.AsArray().Select(item => item!)];

    /// <summary>Sends a JSON or other text, once.</summary>
    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, string? body = null, string contentType = "application/json", string? token = null,
        CancellationToken? cancellationToken = null)
    {
        var end = cancellationToken ?? _over;
        using var request = new HttpRequestMessage(method, path);

        // HttpClient repeats a request without content if the connection ends before an answer, and reports only the second
        // attempt. A deletion that succeeded would look refused.
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(contentType));
        else if (method != HttpMethod.Get)
            request.Content = new ByteArrayContent([]);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await _client.SendAsync(request, end);
        return new ApiAnswer(response.StatusCode, await response.Content.ReadAsStringAsync(end));
    }

    /// <summary>Sends a request unchanged.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _client.SendAsync(request, _over);

    /// <summary>Sends a request unchanged, and returns once the answer has begun, or has arrived.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption until, CancellationToken cancellationToken) =>
        _client.SendAsync(request, until, cancellationToken);

    /// <summary>Opens a stream of lines, for watches.</summary>
    public async Task<StreamReader> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var response = await _client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        return new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        Authority.Dispose();
    }

    private bool IsOurs(X509Certificate? certificate, SslPolicyErrors faults)
    {
        if (certificate is null || faults.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(new X509Certificate2(certificate));
    }
}

/// <summary>An answer of the API.</summary>
/// <param name="Code">Its status code.</param>
/// <param name="Body">Its body.</param>
public sealed record ApiAnswer(HttpStatusCode Code, string Body)
{
    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The message of a <c>metav1.Status</c>.</summary>
    public string Message => (string)Json["message"]!;

    /// <summary>The reason of a <c>metav1.Status</c>.</summary>
    public string Reason => (string)Json["reason"]!;
}
