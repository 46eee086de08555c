using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>The subresources that declare that they connect. Whatever the method, they are admitted as CONNECT, with their options as the object,
/// before the connection is opened.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/: a log is read, not connected to.</remarks>
internal static class ConnectOperations
{
    /// <summary>The request that asks to be admitted.</summary>
    /// <param name="request">The request.</param>
    /// <param name="declaration">What is declared of the subresource.</param>
    public static AdmissionRequest Of(ApiRequest request, SubresourceDeclaration declaration) => new()
    {
        Operation = AdmissionOperation.Connect,
        ServedVersion = request.ServedVersion,
        Key = request.Info.Key,
        Subresource = declaration.Name,
        Object = OptionsOf(declaration, request.Http.Request.Query, request.Info.SubresourcePath),
        Options = new WriteOptions { User = request.User, Warn = request.Warnings.Add },
    };

    private static ConnectOptions OptionsOf(SubresourceDeclaration declaration, IQueryCollection query, string path) => declaration.TakesPath
        ? new ConnectOptions { Kind = declaration.BodyKind!, Path = path.Length > 0 ? path : query["path"].FirstOrDefault() }
        : new ConnectOptions
        {
            Kind = declaration.BodyKind!,
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
