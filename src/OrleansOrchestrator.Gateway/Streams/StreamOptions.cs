using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>What of a container's streams is wanted: the fields of <c>PodExecOptions</c> and <c>PodAttachOptions</c>.</summary>
/// <param name="Container">The container; empty for the only one.</param>
/// <param name="NodeQuery">All other options, as the node daemon takes them.</param>
/// <remarks>https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/</remarks>
internal sealed record StreamOptions(string Container, QueryString NodeQuery)
{
    // The names of the API, and those of the kubelet's server.
    private static readonly (string Api, string Node)[] Flags = [("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")];

    /// <summary>Reads the options of a request.</summary>
    /// <param name="query">The request's query.</param>
    /// <param name="isExec">Whether a command is asked for.</param>
    public static StreamOptions Parse(IQueryCollection query, bool isExec)
    {
        var forwarded = new QueryBuilder();
        foreach (var (api, node) in Flags)
        {
            if (query[api] is [{ } text, ..] && RequestOptions.Flag(text))
                forwarded.Add(node, "1");
        }

        if (isExec)
            forwarded.Add("command", query["command"].Select(word => word ?? ""));
        return new StreamOptions(query["container"].ToString(), forwarded.ToQueryString());
    }
}
