namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>HTTP/2 over connections that channels share, as client libraries of Kubernetes do. Requests go over one that costs the client
/// little, long answers over those of the framework.</summary>
internal sealed class Http2Channel(Http2Connection connection, FrameworkChannel framework) : IApiChannel
{
    private readonly Http2Call _call = new();

    public ValueTask<CallResult> SendAsync(RequestTemplate request, int number) =>
        connection.Session is { } session ? Send(session, request, number) : ConnectAndSendAsync(request, number);

    public Task StreamLinesAsync(RequestTemplate request, int number, Action<int> received, CancellationToken cancellationToken) =>
        framework.StreamLinesAsync(request, number, received, cancellationToken);

    public ValueTask DisposeAsync()
    {
        connection.Leave();
        return framework.DisposeAsync();
    }

    private ValueTask<CallResult> Send(Http2Session session, RequestTemplate request, int number)
    {
        var answer = _call.Begin(request, number);
        session.Send(_call);
        return answer;
    }

    private async ValueTask<CallResult> ConnectAndSendAsync(RequestTemplate request, int number) =>
        await Send(await connection.ConnectAsync(), request, number);
}
