using System.Collections.Frozen;
using System.IO.Pipelines;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.WebSockets;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Logs;

/// <summary>Serves <c>pods/log</c>: requests the log from the node's daemon and passes it on as it arrives.</summary>
internal sealed class PodLogEndpoint(PodLocator locator, NodeClient nodes, TimeProvider time) : ISubresourceEndpoint
{
    // A client without a subprotocol gets the raw bytes.
    private static readonly FrozenDictionary<string, MessageFraming> Framings = new Dictionary<string, MessageFraming>
    {
        [""] = MessageFraming.Binary,
        ["binary.k8s.io"] = MessageFraming.Binary,
        ["base64.binary.k8s.io"] = MessageFraming.Base64,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // A TLS record: a larger buffer would not be filled by one read.
    private const int CopyBytes = 16 * 1024;

    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "log",
        Serves = SubresourceDeclaration.Of(WellKnownResources.Pods),
        Verbs = [Verbs.Get],
        IsLongRunning = true,
    };

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var options = LogOptions.Parse(request.Info.Key.Name, request.Http.Request.Query);
        var location = await locator.FindAsync(request, options.Container);

        // A pod without a node has no log yet.
        if (location.Node is not { } node)
        {
            await SendAsync(Stream.Null, request);
            return;
        }

        using var response = await GetAsync(node, location.PathOf("containerLogs") + options.NodeQuery, request.Cancellation);
        await using var source = await response.Content.ReadAsStreamAsync(request.Cancellation);
        await SendAsync(source, request);
    }

    private async Task<HttpResponseMessage> GetAsync(NodeEndpoint node, string pathAndQuery, CancellationToken cancellationToken)
    {
        try
        {
            return await nodes.GetAsync(node, pathAndQuery, cancellationToken);
        }
        catch (NodeRefusedException refused)
        {
            throw refused.ToApi();
        }
    }

    private async Task SendAsync(Stream source, ApiRequest request)
    {
        if (WebSocketReply.IsAskedFor(request.Http))
        {
            await using var reply = await WebSocketReply.AcceptAsync(request.Http, Framings, time, request.Cancellation);
            await CopyAsync(source, reply.Output, reply.Cancellation);
            return;
        }

        request.Http.Response.ContentType = "text/plain";
        await CopyAsync(source, request.Http.Response.BodyWriter, request.Cancellation);
    }

    // Flushes after each read: a client that follows a log waits for the next line, not for a full buffer.
    private static async Task CopyAsync(Stream source, PipeWriter output, CancellationToken cancellationToken)
    {
        await output.FlushAsync(cancellationToken);
        while (true)
        {
            var read = await source.ReadAsync(output.GetMemory(CopyBytes), cancellationToken);
            if (read == 0)
                return;
            output.Advance(read);
            await output.FlushAsync(cancellationToken);
        }
    }
}
