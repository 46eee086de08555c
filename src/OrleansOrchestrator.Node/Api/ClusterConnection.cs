using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Api;

/// <summary>The connection to the Kubernetes API: one HTTP connection pool for all agents in this process.</summary>
/// <remarks>
/// TLS, credentials and JSON come from the KubernetesClient package. Requests use its HTTP pipeline with relative URLs, because its
/// generated operations cannot patch a subresource with prepared bytes, and its watch is unsuitable (see <see
/// cref="WatchLineReader"/>).
/// </remarks>
public sealed class ClusterConnection : IDisposable
{
    /// <summary>The time limit of a request other than a watch.</summary>
    internal static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    // A tunnel to a dead silo ends within two of these.
    private static readonly TimeSpan SocketPingInterval = TimeSpan.FromSeconds(5);

    private readonly Kubernetes _client;
    private readonly ClosableConnections _connections;

    private ClusterConnection(Kubernetes client, ClosableConnections connections, X509Certificate2Collection authorities, Uri server)
    {
        (_client, _connections) = (client, connections);
        Authorities = authorities;
        Servers = new ApiServers(server);
    }

    /// <summary>The cluster's certificate authorities; empty if the configuration has none.</summary>
    internal X509Certificate2Collection Authorities { get; }

    /// <summary>The addresses of the API.</summary>
    internal ApiServers Servers { get; }

    /// <summary>The votes of the nodes that share this connection, by voter.</summary>
    internal ConcurrentDictionary<string, NodeVote> Votes { get; } = new(StringComparer.Ordinal);

    /// <summary>Prepares a connection; nothing is sent until the first request.</summary>
    /// <param name="configuration">Server, authority and credentials, as read from a kubeconfig file.</param>
    /// <param name="certificate">The newest certificate with which the daemon logs in, in place of the configuration's credentials; null
    /// for those.</param>
    /// <returns>The connection. Dispose of it after all agents that use it have stopped.</returns>
    /// <exception cref="k8s.Exceptions.KubeConfigException">The configuration names no usable server.</exception>
    public static ClusterConnection Open(KubernetesClientConfiguration configuration, Func<X509Certificate2>? certificate = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var connections = new ClosableConnections();
        var setUp = configuration.FirstMessageHandlerSetup;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            setUp?.Invoke(handler);

            // A watch holds a stream for minutes, so that thousands of agents need more than one HTTP/2 connection. A vanished peer
            // must be noticed well within the fencing time.
            handler.EnableMultipleHttp2Connections = true;
            handler.ConnectTimeout = TimeSpan.FromSeconds(1);
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(3);
            if (handler.ConnectCallback is null)
                connections.OpenAllOf(handler);
            if (certificate is not null)
                LogInWith(certificate, handler);
        };
        var client = new Kubernetes(configuration);
        return new ClusterConnection(client, connections, configuration.SslCaCerts ?? [], client.BaseUri);
    }

    /// <summary>A connection to a cluster that the node does not belong to yet: nothing is sent, and every request fails.</summary>
    /// <param name="server">The address of the API.</param>
    public static ClusterConnection Absent(Uri server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return Open(new KubernetesClientConfiguration
        {
            Host = server.ToString(),
            FirstMessageHandlerSetup = handler => handler.ConnectCallback = (_, _) => throw new IOException("the node has not joined its cluster yet"),
        });
    }

    /// <summary>Closes all connections, because the certificate with which they began has been replaced. As the kubelet, the daemon does not go
    /// on with the former one.</summary>
    internal void CloseAll() => _connections.CloseAll();

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    internal Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        ExchangeAsync<T>(HttpMethod.Get, path, null, null, cancellationToken);

    internal Task<ObjectList<T>> ListAsync<T>(string path, ObjectSelection selection, CancellationToken cancellationToken) =>
        ExchangeAsync<ObjectList<T>>(HttpMethod.Get, $"{path}?{selection.ToString().TrimStart('&')}", null, null, cancellationToken);

    internal Task<T> CreateAsync<T>(string path, T body, CancellationToken cancellationToken) where T : notnull =>
        ExchangeAsync<T>(HttpMethod.Post, path, ToBytes(body), "application/json", cancellationToken);

    internal Task<T> ReplaceAsync<T>(string path, T body, CancellationToken cancellationToken) where T : notnull =>
        ExchangeAsync<T>(HttpMethod.Put, path, ToBytes(body), "application/json", cancellationToken);

    internal Task<T> MergePatchAsync<T>(string path, byte[] patch, CancellationToken cancellationToken) =>
        ExchangeAsync<T>(HttpMethod.Patch, path, patch, "application/merge-patch+json", cancellationToken);

    /// <summary>Sends a strategic merge patch, which merges lists by key and so keeps other writers' conditions.</summary>
    internal async Task StrategicPatchAsync(string path, byte[] patch, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Patch, path, patch, "application/strategic-merge-patch+json", cancellationToken);

    internal async Task DeleteAsync(string path, V1DeleteOptions options, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Delete, path, ToBytes(options), "application/json", cancellationToken);

    /// <summary>Streams the changes after a revision until the server or the token ends the watch.</summary>
    internal async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        string path,
        ObjectSelection selection,
        string resourceVersion,
        TimeSpan timeout,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = $"{path}?watch=true&allowWatchBookmarks=true&timeoutSeconds={(int)timeout.TotalSeconds}"
            + $"&resourceVersion={Uri.EscapeDataString(resourceVersion)}{selection}";
        await using var changes = ReadAsync<T>(query, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await CallAsync(() => changes.MoveNextAsync().AsTask(), cancellationToken))
            yield return changes.Current;
    }

    private async IAsyncEnumerable<WatchEvent<T>> ReadAsync<T>(string query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (server, moved) = Servers.Follow();

        // A hung silo does not end its watches. They end when the connection moves to another server.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(moved, cancellationToken);
        using var response = await SendToAsync(server, HttpMethod.Get, query, null, null, either.Token);
        if (!response.IsSuccessStatusCode)
            throw ToException(response, await response.Content.ReadAsByteArrayAsync(either.Token));

        await using var body = await response.Content.ReadAsStreamAsync(either.Token);
        await foreach (var change in WatchLineReader.ReadAsync<T>(body, either.Token))
            yield return change;
    }

    /// <summary>Sends a write to a given server, and returns the headers of the answer.</summary>
    internal async Task<HttpResponseHeaders> WriteToAsync(
        Uri server, HttpMethod method, string path, byte[] body, string contentType, CancellationToken cancellationToken)
    {
        using var response = await SendToAsync(server, method, path, body, contentType, cancellationToken);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw ToException(response, answer);
        return response.Headers;
    }

    /// <summary>Opens a WebSocket to the current server over a connection of its own, so that its traffic does not delay
    /// requests.</summary>
    /// <returns>The WebSocket, and a token that is cancelled when requests move to another server.</returns>
    internal async Task<(WebSocket Socket, CancellationToken Moved)> OpenSocketAsync(string path, CancellationToken cancellationToken)
    {
        var (server, moved) = Servers.Follow();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(moved, cancellationToken);
        limit.CancelAfter(RequestTimeout);
        using var credentials = await PrepareAsync(server, HttpMethod.Get, path, null, null, limit.Token);
        var socket = new ClientWebSocket();
        try
        {
            if (credentials.Headers.Authorization is { } authorization)
                socket.Options.SetRequestHeader("Authorization", authorization.ToString());
            socket.Options.KeepAliveInterval = SocketPingInterval;
            socket.Options.KeepAliveTimeout = SocketPingInterval;
            var address = new UriBuilder(new Uri(server, path)) { Scheme = server.Scheme == Uri.UriSchemeHttp ? Uri.UriSchemeWs : Uri.UriSchemeWss }.Uri;
            await socket.ConnectAsync(address, _client.HttpClient, limit.Token);
            return (socket, moved);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"{server} has not opened {path}.");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Shows the newest certificate whenever a connection is opened.</summary>
    private static void LogInWith(Func<X509Certificate2> certificate, SocketsHttpHandler handler)
    {
        handler.SslOptions.ClientCertificates = null;
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate();

        // A resumed session is one of the certificate with which it began.
        handler.SslOptions.AllowTlsResume = false;
    }

    private Task<T> ExchangeAsync<T>(
        HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellationToken) =>
        CallAsync(
            async () =>
            {
                using var content = new MemoryStream(await SendOnceAsync(method, path, body, contentType, cancellationToken));
                return KubernetesJson.Deserialize<T>(content);
            },
            cancellationToken);

    private Task<byte[]> SendAsync(
        HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellationToken) =>
        CallAsync(() => SendOnceAsync(method, path, body, contentType, cancellationToken), cancellationToken);

    /// <summary>Makes a call, and gives whatever ends it without an answer one type.</summary>
    private static async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested
            && failure is HttpRequestException or IOException or TimeoutException or JsonException or InvalidDataException or OperationCanceledException)
        {
            throw new ApiUnavailableException(failure);
        }
    }

    private async Task<byte[]> SendOnceAsync(
        HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(RequestTimeout);
        try
        {
            using var response = await SendInTurnAsync(method, path, body, contentType, timeout.Token);
            var answer = await response.Content.ReadAsByteArrayAsync(timeout.Token);
            return response.IsSuccessStatusCode ? answer : throw ToException(response, answer);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {path} was not answered within {RequestTimeout.TotalSeconds} s.");
        }
    }

    /// <summary>Sends a request to the current server. If that accepts no connection, nothing was executed, and the next server is
    /// tried.</summary>
    private async Task<HttpResponseMessage> SendInTurnAsync(
        HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellationToken)
    {
        for (var left = Servers.InTurn.Count - 1; ; left--)
        {
            var server = Servers.Current;
            try
            {
                return await SendToAsync(server, method, path, body, contentType, cancellationToken);
            }
            catch (HttpRequestException unreachable) when (
                unreachable.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
                && Servers.MoveFrom(server) && left > 0)
            {
                // Tries the next server at once.
            }
        }
    }

    private async Task<HttpResponseMessage> SendToAsync(
        Uri server, HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellationToken)
    {
        using var request = await PrepareAsync(server, method, path, body, contentType, cancellationToken);
        return await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private async Task<HttpRequestMessage> PrepareAsync(
        Uri server, HttpMethod method, string path, byte[]? body, string? contentType, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, new Uri(server, path)) { Version = HttpVersion.Version20 };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType!);
        }

        if (_client.Credentials is { } credentials)
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        return request;
    }

    private static byte[] ToBytes(object body) => ObjectCodec.Encode(body);

    private static ApiException ToException(HttpResponseMessage response, byte[] answer)
    {
        V1Status? status = null;
        try
        {
            using var content = new MemoryStream(answer);
            status = KubernetesJson.Deserialize<V1Status>(content);
        }
        catch (JsonException)
        {
            // A proxy in between may answer with a body of its own; then only the code is used.
        }

        return new ApiException(
            response.StatusCode, status, status?.Message ?? $"The API server answered {(int)response.StatusCode}.");
    }
}
