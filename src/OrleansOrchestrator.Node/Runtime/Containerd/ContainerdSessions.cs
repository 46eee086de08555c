using System.Net;
using OrleansOrchestrator.Node.Runtime.Sessions;
using OrleansOrchestrator.Node.Spdy;

namespace OrleansOrchestrator.Node.Runtime.Containerd;

/// <summary>Opens sessions: the runtime tells the address of a server of its own, which speaks SPDY.</summary>
internal sealed class ContainerdSessions(CriConnection connection, TimeProvider timeProvider) : IDisposable
{
    private const string ProtocolHeader = "X-Stream-Protocol-Version";

    // The newest that containerd's server knows.
    private const string Protocol = "v4.channel.k8s.io";

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ConnectTimeout = CriConnection.QuickTime });

    /// <summary>Starts a command in a container.</summary>
    /// <exception cref="RuntimeException">The runtime refuses.</exception>
    public async Task<IContainerSession> ExecAsync(string containerId, SessionRequest request, CancellationToken cancellationToken)
    {
        var exec = new Cri.ExecRequest
        {
            ContainerId = containerId,
            Cmd = { request.Command },
            Tty = request.Tty,
            Stdin = request.Stdin,
            Stdout = request.Stdout || !request.Stderr,
            Stderr = request.Stderr && !request.Tty,
        };
        var answer = await connection.CallAsync(
            options => connection.Runtime.ExecAsync(exec, options), CriConnection.QuickTime, RuntimeException.RunContainer, cancellationToken);
        return await OpenAsync(new Uri(answer.Url), request, hasExitCode: true, exec.Stdout, exec.Stderr, cancellationToken);
    }

    /// <summary>Attaches to the streams of a container's main process.</summary>
    /// <exception cref="RuntimeException">The runtime refuses.</exception>
    public async Task<IContainerSession> AttachAsync(string containerId, SessionRequest request, CancellationToken cancellationToken)
    {
        var attach = new Cri.AttachRequest
        {
            ContainerId = containerId,
            Tty = request.Tty,
            Stdin = request.Stdin,
            Stdout = request.Stdout || !request.Stderr,
            Stderr = request.Stderr && !request.Tty,
        };
        var answer = await connection.CallAsync(
            options => connection.Runtime.AttachAsync(attach, options), CriConnection.QuickTime, RuntimeException.RunContainer, cancellationToken);
        return await OpenAsync(new Uri(answer.Url), request, hasExitCode: false, attach.Stdout, attach.Stderr, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<IContainerSession> OpenAsync(
        Uri server, SessionRequest request, bool hasExitCode, bool hasOutput, bool hasError, CancellationToken cancellationToken)
    {
        var opening = new HttpRequestMessage(HttpMethod.Post, server) { Version = HttpVersion.Version11 };
        opening.Headers.Connection.Add("Upgrade");
        opening.Headers.Upgrade.Add(new("SPDY", "3.1"));
        opening.Headers.Add(ProtocolHeader, Protocol);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CriConnection.QuickTime);
        try
        {
            var response = await _http.SendAsync(opening, limit.Token);
            return await OpenAsync(response, request, hasExitCode, hasOutput, hasError, limit.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeException(RuntimeException.RunContainer, exception.Message, exception);
        }
    }

    private async Task<IContainerSession> OpenAsync(
        HttpResponseMessage response, SessionRequest request, bool hasExitCode, bool hasOutput, bool hasError, CancellationToken cancellationToken)
    {
        SpdyConnection? spdy = null;
        var running = Task.CompletedTask;
        try
        {
            if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
                throw new HttpRequestException(await response.Content.ReadAsStringAsync(cancellationToken));
            spdy = SpdyConnection.OfClient(await response.Content.ReadAsStreamAsync(cancellationToken), timeProvider);
            running = spdy.RunAsync(static _ => false, CancellationToken.None);
            var error = await OpenStreamAsync("error");
            var input = request.Stdin ? await OpenStreamAsync("stdin") : null;
            var output = hasOutput ? await OpenStreamAsync("stdout") : null;
            var errors = hasError ? await OpenStreamAsync("stderr") : null;
            var sizes = request.Tty ? await OpenStreamAsync("resize") : null;
            return new ContainerdSession(request, hasExitCode, response, spdy, running, new(error, input, output, errors, sizes));
        }
        catch
        {
            response.Dispose();
            await running;
            spdy?.Dispose();
            throw;
        }

        ValueTask<SpdyStream> OpenStreamAsync(string type) =>
            spdy.OpenAsync(new Dictionary<string, string> { ["streamtype"] = type }, cancellationToken);
    }
}
