using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>Parses the query of an exec or attach, which has the names of the kubelet's server.</summary>
internal static class StreamRequest
{
    /// <returns>The request, or its fault.</returns>
    public static (SessionRequest Request, string? Fault) Parse(IQueryCollection query)
    {
        var tty = IsSet(query, "tty");
        var request = new SessionRequest
        {
            Command = [.. query["command"].Select(word => word ?? "")],
            Stdin = IsSet(query, "input"),
            Stdout = IsSet(query, "output"),

            // A terminal has one stream.
            Stderr = IsSet(query, "error") && !tty,
            Tty = tty,
        };
        return (request, request is { Stdin: false, Stdout: false, Stderr: false } ? "you must specify at least 1 of stdin, stdout, stderr" : null);
    }

    private static bool IsSet(IQueryCollection query, string name) => query[name].FirstOrDefault() is "1" or "true";
}
