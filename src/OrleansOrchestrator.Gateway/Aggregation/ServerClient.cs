using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>An aggregated server's answer.</summary>
/// <param name="Code">The status code.</param>
/// <param name="Body">The body.</param>
/// <param name="Address">Where it was asked, by the name of its service: endpoints vary from one question to the next.</param>
internal sealed record ServerAnswer(int Code, byte[] Body, string Address)
{
    /// <summary>Whether it is a success.</summary>
    public bool IsSuccess => Code is >= 200 and < 300;
}

/// <summary>Asks aggregated servers on behalf of the control plane. An answer has a bound, whatever the server sends.</summary>
internal sealed class ServerClient(ServerLocator locator, ServerConnections connections)
{
    /// <summary>The user as whom the gateway asks servers what they have.</summary>
    public static readonly UserInfo Aggregator = new("system:kube-aggregator", [WellKnownGroups.Masters]);

    private const int AnswerBytesMax = 16 * 1024 * 1024;

    /// <summary>Asks a server, at an endpoint of its service, any of them.</summary>
    /// <param name="server">The server.</param>
    /// <param name="pathAndQuery">The path, with the query.</param>
    /// <param name="user">As whom to ask.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ApiException">503: it does not answer.</exception>
    public async Task<ServerAnswer> GetAsync(AggregatedServer server, string pathAndQuery, UserInfo user, CancellationToken cancellationToken)
    {
        var destination = await locator.ResolveAsync(server, cancellationToken);
        var service = string.Create(CultureInfo.InvariantCulture, $"{server.HostName}:{server.Port}");
        var address = $"https://{service}{pathAndQuery}";
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(destination.Origin.TrimEnd('/') + pathAndQuery))
        {
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Options.Set(ProxyDestination.Key, destination);
        RemoteUser.Set(request.Headers, user);
        request.Headers.Host = server.HostName;
        request.Headers.Accept.ParseAdd("application/json");
        try
        {
            using var response = await connections[server.Trust].SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(AnswerBytesMax, cancellationToken);
            return new ServerAnswer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken), address);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or ObjectDisposedException)
        {
            throw ApiErrors.ServiceUnavailable($"{address}: {RequestForwarder.ReasonOf(broken).Replace(destination.Host, service, StringComparison.Ordinal)}");
        }
    }

    /// <summary>The message of an error that a server has answered with.</summary>
    public static string ErrorOf(ServerAnswer answer)
    {
        try
        {
            if (Model.Codec.ObjectCodec.Decode<V1Status>(answer.Body) is { Message.Length: > 0 } status)
                return status.Message;
        }
        catch (System.Text.Json.JsonException)
        {
            // It is no Status.
        }

        return string.Create(CultureInfo.InvariantCulture, $"{answer.Address} answered with {answer.Code}");
    }
}
