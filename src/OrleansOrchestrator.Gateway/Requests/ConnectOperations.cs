using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>The admission of connections. Subresources that declare a connection are admitted as CONNECT, whatever the method, with
/// their options as the object, before the connection opens.</summary>
/// <remarks>https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/: reading a log is no
/// connection.</remarks>
internal static class ConnectOperations
{
    /// <summary>The request for admission.</summary>
    /// <param name="request">The request.</param>
    /// <param name="declaration">The subresource's declaration.</param>
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

    // Like every boolean in a query: all texts but these mean true.
    private static bool? Flag(IQueryCollection query, string name) =>
        query[name] is [{ } text, ..] ? !(text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase)) : null;

    // The endpoint refuses texts that are no ports.
    private static List<int> PortsOf(IEnumerable<string> texts) =>
        [.. texts.SelectMany(text => text.Split(',')).Select(text => int.TryParse(text, CultureInfo.InvariantCulture, out var port) ? port : 0).Where(port => port > 0)];
}
