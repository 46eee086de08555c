using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>The options of a request for a container's streams: the fields of <c>PodExecOptions</c> and <c>PodAttachOptions</c>.</summary>
/// <param name="Container">The container; empty for the only one.</param>
/// <param name="NodeQuery">All other options in the node daemon's form.</param>
/// <remarks>https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/</remarks>
internal sealed record StreamOptions(string Container, QueryString NodeQuery)
{
    // The API's names, and those of the kubelet's server.
    private static readonly (string Api, string Node)[] Flags = [("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")];

    /// <summary>Reads the options of a request.</summary>
    /// <param name="query">The request's query.</param>
    /// <param name="isExec">Whether it is exec, which needs a command.</param>
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
        return new StreamOptions(query["container"].FirstOrDefault() ?? "", forwarded.ToQueryString());
    }
}
