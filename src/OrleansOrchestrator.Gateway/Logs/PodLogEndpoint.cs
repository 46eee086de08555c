using System.Buffers;
using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Text;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Subresources;
using OrleansOrchestrator.Gateway.WebSockets;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Logs;

/// <summary>Serves <c>pods/log</c>: asks the daemon of the pod's node and passes on what it sends, as it comes.</summary>
internal sealed class PodLogEndpoint(IObjectClient objects, ResourceRegistry registry, NodeClient nodes, TimeProvider time) : ISubresourceEndpoint
{
    // A client that names no subprotocol gets bytes as they are.
    private static readonly FrozenDictionary<string, MessageFraming> Framings = new Dictionary<string, MessageFraming>
    {
        [""] = MessageFraming.Binary,
        ["binary.k8s.io"] = MessageFraming.Binary,
        ["base64.binary.k8s.io"] = MessageFraming.Base64,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private const int CopyBytes = 16 * 1024;
    private const int ErrorBytesMax = 8 * 1024;

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
        var stored = await objects.GetAsync(request.Definition, request.Info.Key, Freshness.Latest, request.Cancellation);
        var pod = stored.Peek<V1Pod>();
        var container = PodContainers.Choose(pod, options.Container);
        // A pod that is on no node has said nothing yet.
        if (string.IsNullOrEmpty(pod.Spec.NodeName))
        {
            await SendAsync(Stream.Null, request);
            return;
        }

        var node = await FindNodeAsync(pod.Spec.NodeName, request.Cancellation);
        var path = $"/containerLogs/{Uri.EscapeDataString(pod.Metadata.NamespaceProperty)}/{Uri.EscapeDataString(pod.Metadata.Name)}/{Uri.EscapeDataString(container)}";
        using var response = await nodes.GetAsync(node, path + options.NodeQuery, request.Cancellation);
        await using var source = await response.Message.Content.ReadAsStreamAsync(request.Cancellation);
        if (!response.Message.IsSuccessStatusCode)
            throw await ErrorOfAsync((int)response.Message.StatusCode, source, request.Cancellation);
        await SendAsync(source, request);
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

    private async Task<NodeEndpoint> FindNodeAsync(string name, CancellationToken cancellationToken)
    {
        var stored = await objects.GetAsync(
            registry[WellKnownResources.Nodes], new ObjectKey("", name), Freshness.Any, cancellationToken);
        return NodeEndpoint.Of(stored.Peek<V1Node>());
    }

    // Each read goes out at once: whoever follows a log waits for its next line, not for a full buffer.
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

    private static async Task<ApiException> ErrorOfAsync(int code, Stream source, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ErrorBytesMax);
        try
        {
            var length = await source.ReadAtLeastAsync(buffer.AsMemory(0, ErrorBytesMax), ErrorBytesMax, throwOnEndOfStream: false, cancellationToken);
            var text = Encoding.UTF8.GetString(buffer, 0, length).Trim();
            return new ApiException(new V1Status
            {
                Status = "Failure",
                Message = text.Length > 0 ? text : $"the node daemon answered with {code}",
                Reason = ReasonOf(code),
                Code = code,
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string ReasonOf(int code) => code switch
    {
        StatusCodes.Status400BadRequest => "BadRequest",
        StatusCodes.Status404NotFound => "NotFound",
        _ => "InternalError",
    };
}
