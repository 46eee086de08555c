using System.Collections.Frozen;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>The subresources that open a connection. Whatever the method, they are admitted as CONNECT, with their options as the object,
/// before the connection is opened.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/: a log is read, not connected to.</remarks>
internal static class ConnectOperations
{
    private static readonly FrozenDictionary<(string Resource, string Subresource), string> Kinds = new Dictionary<(string, string), string>
    {
        [("pods", "exec")] = "PodExecOptions",
        [("pods", "attach")] = "PodAttachOptions",
        [("pods", "portforward")] = "PodPortForwardOptions",
        [("pods", "proxy")] = "PodProxyOptions",
        [("services", "proxy")] = "ServiceProxyOptions",
        [("nodes", "proxy")] = "NodeProxyOptions",
    }.ToFrozenDictionary();

    /// <summary>The request that asks to be admitted; null if no connection is opened.</summary>
    public static AdmissionRequest? Of(ApiRequest request)
    {
        var info = request.Info;
        var words = info.Subresource.Split('/', 2);
        if (info.Group.Length > 0 || !Kinds.TryGetValue((info.Resource, words[0]), out var kind))
            return null;
        return new AdmissionRequest
        {
            Operation = AdmissionOperation.Connect,
            Form = request.Form,
            Key = info.Key,
            Subresource = words[0],
            Object = OptionsOf(kind, request.Http.Request.Query, words is [_, var tail] ? $"/{tail}" : null),
            Options = new WriteOptions { User = request.User, Warn = request.Warnings.Add },
        };
    }

    private static ConnectOptions OptionsOf(string kind, IQueryCollection query, string? tail) => kind.EndsWith("ProxyOptions", StringComparison.Ordinal)
        ? new ConnectOptions { Kind = kind, Path = tail ?? query["path"].FirstOrDefault() }
        : new ConnectOptions
        {
            Kind = kind,
            Container = query["container"].FirstOrDefault(),
            Command = query.TryGetValue("command", out var words) ? [.. words.OfType<string>()] : null,
            Stdin = Flag(query, "stdin"),
            Stdout = Flag(query, "stdout"),
            Stderr = Flag(query, "stderr"),
            Tty = Flag(query, "tty"),
            Ports = query.TryGetValue("ports", out var ports) ? PortsOf([.. ports.OfType<string>()]) : null,
        };

    // As for every option in a query: all texts but these say yes.
    private static bool? Flag(IQueryCollection query, string name) =>
        query[name] is [{ } text, ..] ? !(text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase)) : null;

    // What is no port is for whoever opens the connection to refuse.
    private static List<int> PortsOf(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => text.Split(',')).Select(text => int.TryParse(text, CultureInfo.InvariantCulture, out var port) ? port : 0).Where(port => port > 0)];
}
