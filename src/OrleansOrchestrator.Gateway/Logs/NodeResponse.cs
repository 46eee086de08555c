namespace OrleansOrchestrator.Gateway.Logs;

/// <summary>The response of a node daemon, with the connection it comes over.</summary>
internal sealed class NodeResponse(HttpMessageInvoker client, HttpResponseMessage message) : IDisposable
{
    /// <summary>The response.</summary>
    public HttpResponseMessage Message { get; } = message;

    /// <inheritdoc/>
    public void Dispose()
    {
        Message.Dispose();
        client.Dispose();
    }
}
