using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Gateway.Metrics;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Model.Resources;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>The path of a request through ingress: find its route, redirect it to HTTPS or pass it on to an endpoint.</summary>
internal sealed partial class IngressPipeline(
    IngressObjects known, IHttpForwarder forwarder, BackendConnections connections, IngressOptions options, IngressInstruments instruments, TimeProvider time,
    ILogger<IngressPipeline> logger)
{
    // How long requests wait at the start of a silo until its ingresses have been read.
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    private readonly ForwarderRequestConfig _requests = new() { ActivityTimeout = TimeSpan.FromSeconds(options.SilenceSecondsMax) };
    private readonly ForwarderRequestConfig _streams = new() { ActivityTimeout = TimeSpan.FromSeconds(options.StreamSilenceSecondsMax) };
    private readonly long _unreachableTicks = options.UnreachableSeconds * time.TimestampFrequency;

    /// <summary>Serves a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="httpsPort">The port at which clients reach HTTPS; null if there is none.</param>
    public async Task InvokeAsync(HttpContext http, int? httpsPort)
    {
        var started = time.GetTimestamp();
        try
        {
            await ServeAsync(http, httpsPort);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
        catch (Exception failure)
        {
            LogFailed(failure);
            await AnswerAsync(http, StatusCodes.Status502BadGateway, "The request could not be passed on.");
        }
        finally
        {
            instruments.Record(http, time.GetElapsedTime(started));
        }
    }

    private async Task ServeAsync(HttpContext http, int? httpsPort)
    {
        if (!known.Whole.IsCompleted)
        {
            await Task.WhenAny(known.Whole, Task.Delay(StartTime, time, http.RequestAborted));
            if (!known.Whole.IsCompleted)
            {
                await AnswerAsync(http, StatusCodes.Status503ServiceUnavailable, "The routes are not known yet.");
                return;
            }
        }

        var request = http.Request;
        var host = request.Host.Host.TrimEnd('.');
        if (RoutePath.Of(request.Path.Value) is not { } path)
            await AnswerAsync(http, StatusCodes.Status400BadRequest, "The path has dots beside an encoded slash.");
        else if (known.Routes.Find(host, path) is not { } route)
            await AnswerAsync(http, StatusCodes.Status404NotFound, "No ingress has a rule for this host and path.");
        else if (!request.IsHttps && httpsPort is { } port && route.SecureHosts?.Find(host) is not null)
            Redirect(http, port);
        else
            await ForwardAsync(http, route);
    }

    /// <summary>Redirects to HTTPS: with the method and body that it had (RFC 9110, 15.4.9).</summary>
    private static void Redirect(HttpContext http, int port)
    {
        var host = port == 443 ? new HostString(http.Request.Host.Host) : new HostString(http.Request.Host.Host, port);
        http.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        http.Response.Headers.Location = $"https://{host.ToUriComponent()}{PassedTarget.AsWritten(http.Request)}";
    }

    private async Task ForwardAsync(HttpContext http, Route route)
    {
        var tried = new List<BackendEndpoint>();
        while (true)
        {
            var target = route.Backend.Target;
            if (route.Backend.Choose(tried, time.GetTimestamp()) is not { } endpoint)
            {
                await (tried.Count == 0
                    ? AnswerAsync(http, StatusCodes.Status503ServiceUnavailable, "The service of this address has no endpoint that is ready.")
                    : AnswerAsync(http, StatusCodes.Status502BadGateway, "The service of this address cannot be reached."));
                return;
            }

            tried.Add(endpoint);
            var error = await SendAsync(http, target.Protocol, endpoint);
            if (error == ForwarderError.None)
                return;
            if (http.Response.HasStarted)
            {
                // Only a broken connection can tell that the rest is missing.
                http.Abort();
                return;
            }

            http.RequestAborted.ThrowIfCancellationRequested();
            var failure = http.Features.Get<IForwarderErrorFeature>()?.Exception;
            LogNotPassed(route.Ingress, endpoint.Address, error, RequestForwarder.ReasonOf(failure));
            var isUnreachable = IsUnreachable(failure);
            if (isUnreachable)
                endpoint.SetUnreachable(time.GetTimestamp() + _unreachableTicks);
            if (tried.Count >= options.EndpointsPerRequestMax || !(isUnreachable || (error == ForwarderError.Request && MayRepeat(http))))
            {
                await AnswerAsync(http, error, http.Response.StatusCode);
                return;
            }

            http.Response.Clear();
        }
    }

    private async Task<ForwarderError> SendAsync(HttpContext http, BackendProtocol protocol, BackendEndpoint endpoint)
    {
        var config = IsStream(http) ? _streams : _requests;
        config = protocol switch
        {
            BackendProtocol.Http2 => config with { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
            BackendProtocol.Https => config with { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower },
            _ => config with { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
        };
        endpoint.Begin();
        try
        {
            return await forwarder.SendAsync(
                http, endpoint.Address.OriginOf(protocol), connections.InvokerOf(protocol), config, new BackendRequest(endpoint), http.RequestAborted);
        }
        finally
        {
            endpoint.End();
        }
    }

    private static bool IsStream(HttpContext http) =>
        IsUpgrade(http)
        || HttpMethods.IsConnect(http.Request.Method)
        || http.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>Whether a connection is asked for that YARP passes on. To other wishes servers answer as to an ordinary request.</summary>
    private static bool IsUpgrade(HttpContext http) =>
        http.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest is true
        && http.Request.Headers.Upgrade.ToString() is var wanted
        && (wanted.Equals("websocket", StringComparison.OrdinalIgnoreCase) || wanted.StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether nothing of a request was sent, because there was no connection.</summary>
    private static bool IsUnreachable(Exception? failure) =>
        failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.NameResolutionError };

    /// <summary>Whether a request that may have been sent means the same when it is sent again (RFC 9110, 9.2.2), and can be.</summary>
    private static bool MayRepeat(HttpContext http) =>
        http.Request.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE"
        && !IsStream(http)
        && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not true;

    private static Task AnswerAsync(HttpContext http, ForwarderError error, int code) => error == ForwarderError.RequestTimedOut
        ? AnswerAsync(http, StatusCodes.Status504GatewayTimeout, "The service of this address did not answer in time.")
        : AnswerAsync(http, code is >= 400 and < 500 ? code : StatusCodes.Status502BadGateway, code is >= 400 and < 500
            ? "The request could not be read."
            : "The service of this address did not answer.");

    private static async Task AnswerAsync(HttpContext http, int code, string sentence)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        http.Response.Clear();
        http.Response.StatusCode = code;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(sentence + "\n", http.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A request of the ingress {Ingress} did not reach {Endpoint} ({Error}): {Why}")]
    private partial void LogNotPassed(ObjectKey ingress, EndpointAddress endpoint, ForwarderError error, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request could not be passed on")]
    private partial void LogFailed(Exception exception);
}
