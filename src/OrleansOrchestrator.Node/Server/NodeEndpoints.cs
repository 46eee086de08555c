using System.Globalization;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Answers the requests of the node's server.</summary>
internal sealed class NodeEndpoints(PodDirectory pods, IContainerRuntime runtime)
{
    /// <summary>The pods of this node, as a <c>PodList</c>.</summary>
    public IResult ListPods() => Results.Text(
        KubernetesJson.Serialize(new V1PodList
        {
            ApiVersion = "v1",
            Kind = "PodList",
            Metadata = new V1ListMeta(),
            Items = [.. pods.Workers.Select(w => w.Pod).OfType<V1Pod>()],
        }),
        "application/json");

    /// <summary>Streams the log of a container, with the errors that kubectl users know.</summary>
    public async Task CopyLogsAsync(HttpContext context, string ns, string pod, string container)
    {
        var (query, fault) = LogQueryParser.Parse(context.Request.Query);
        if (fault is not null)
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, fault);
            return;
        }

        if (pods.Find(ns, pod) is not { Pod: { } found } worker)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, $"pod \"{pod}\" not found");
            return;
        }

        var previous = string.Equals(context.Request.Query["previous"], "true", StringComparison.OrdinalIgnoreCase);
        var sandbox = await runtime.InspectAsync(worker.Uid, context.RequestAborted);
        var (instance, reason) = LogTarget.Find(found, worker.Reported ?? found.Status, sandbox, container, previous);
        if (instance is null)
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, reason!);
            return;
        }

        context.Response.ContentType = "text/plain";

        // Sends the headers at once, so that a client that follows a silent container knows that it is connected.
        await context.Response.StartAsync(context.RequestAborted);
        await using var output = new LimitedStream(context.Response.Body, query.LimitBytes);
        try
        {
            await runtime.CopyLogsAsync(instance.Id, query, output, context.RequestAborted);
        }
        catch (LimitReachedException)
        {
            // The client has all requested bytes.
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has closed the connection.
        }
    }

    /// <summary>Answers with an error like the kubelet: the sentence alone.</summary>
    public static Task FailAsync(HttpContext context, int code, string message)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers["X-Content-Type-Options"] = "nosniff";
        return context.Response.WriteAsync(message.ToString(CultureInfo.InvariantCulture), context.RequestAborted);
    }
}
