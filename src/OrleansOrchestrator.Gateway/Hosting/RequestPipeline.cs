using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Aggregation;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Authorization;
using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Gateway.Metrics;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Gateway.Streams;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>
/// The path of every request: authenticate, parse, impersonate, authorize, count against limits, serve. Every failure becomes a
/// <c>metav1.Status</c> here and nowhere else.
/// </summary>
internal sealed partial class RequestPipeline(
    AuthenticatorChain authenticators,
    Impersonation impersonation,
    AuthorizerChain authorizers,
    RequestInfoParser parser,
    InFlightLimiter limiter,
    AggregationProxy aggregation,
    ResourceEndpoint resources,
    PathEndpoints paths,
    RequestInstruments instruments,
    GatewayOptions options,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<RequestPipeline> logger)
{
    private const string MetricsPath = "/metrics";
    private readonly TimeSpan _requestDuration = TimeSpan.FromSeconds(options.RequestSecondsMax);
    private readonly TimeSpan _unreadBodyDuration = TimeSpan.FromSeconds(options.UnreadBodySecondsMax);

    /// <summary>Serves a request; <paramref name="next"/> serves the metrics.</summary>
    public async Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var started = time.GetTimestamp();
        RequestInfo? info = null;
        AuditId.Set(http);
        try
        {
            var sender = await authenticators.AuthenticateAsync(http, http.RequestAborted);
            var requested = RequestOptions.Parse(http.Request.QueryString);
            info = parser.Parse(MethodOf(http), http.Request.Path.Value ?? "/", requested);
            var user = await impersonation.ApplyAsync(sender, http.Request.Headers, http.RequestAborted);
            await authorizers.RequireAsync(user, info, http.RequestAborted);
            if (info.Declaration is { SocketNeedsCreate: true } && (http.WebSockets.IsWebSocketRequest || SpdyUpgrade.Of(http) is not null))
                await authorizers.RequireAsync(user, info with { Verb = Verbs.Create }, http.RequestAborted);
            await ServeCountedAsync(http, info, requested, user, next);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException && (http.RequestAborted.IsCancellationRequested || IsStopping))
        {
            // The client has gone, or the silo is stopping and ended a stream.
        }
        catch (Exception failure)
        {
            await FailAsync(http, info, failure);
        }
        finally
        {
            instruments.Record(info, http, time.GetElapsedTime(started));
        }

        await UnreadBody.DrainAsync(http, options.RequestBodyBytesMax, _unreadBodyDuration, time);
    }

    private async Task ServeCountedAsync(HttpContext http, RequestInfo info, RequestOptions requested, UserInfo user, RequestDelegate next)
    {
        var requestClass = ClassOf(http, info);
        limiter.Enter(user.Name, requestClass);
        try
        {
            if (requestClass == RequestClass.Stream)
                await ServeStreamAsync(http, info, requested, user, next);
            else
                await ServeTimedAsync(http, info, requested, user, next);
        }
        finally
        {
            limiter.Exit(user.Name, requestClass);
        }
    }

    // Whatever an aggregated server speaks over an upgraded connection, lasts as long as both sides want.
    private RequestClass ClassOf(HttpContext http, RequestInfo info)
    {
        var isUpgrade = http.WebSockets.IsWebSocketRequest || http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };
        return isUpgrade && aggregation.Find(info) is not null ? RequestClass.Stream : RequestClasses.Of(info);
    }

    // A WebSocket begins with CONNECT over HTTP/2 and with GET over HTTP/1.1, with the same meaning.
    private static string MethodOf(HttpContext http) =>
        HttpMethods.IsConnect(http.Request.Method) && http.WebSockets.IsWebSocketRequest ? HttpMethods.Get : http.Request.Method;

    private bool IsStopping => lifetime.ApplicationStopping.IsCancellationRequested;

    // A stream lasts as long as its client wants, but must not delay the silo's stop: the client resumes on another silo.
    private async Task ServeStreamAsync(HttpContext http, RequestInfo info, RequestOptions requested, UserInfo user, RequestDelegate next)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, http.RequestAborted);
        await ServeAsync(new ApiRequest(http, info, requested, user, either.Token), next);
    }

    private async Task ServeTimedAsync(HttpContext http, RequestInfo info, RequestOptions requested, UserInfo user, RequestDelegate next)
    {
        using var expiry = new CancellationTokenSource(DurationOf(requested), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, http.RequestAborted);
        try
        {
            await ServeAsync(new ApiRequest(http, info, requested, user, either.Token), next);
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            throw ApiErrors.Timeout("request did not complete within the allotted timeout");
        }
    }

    // A longer or unlimited time-out is cut to the longest one.
    private TimeSpan DurationOf(RequestOptions requested) =>
        requested.Timeout is { } asked && asked > TimeSpan.Zero && asked < _requestDuration ? asked : _requestDuration;

    private Task ServeAsync(ApiRequest request, RequestDelegate next)
    {
        if (aggregation.Find(request.Info) is { } server)
            return aggregation.ForwardAsync(request, server);
        if (request.Info.IsResource)
            return resources.HandleAsync(request);
        return request.Info.Path == MetricsPath ? ServeMetricsAsync(request, next) : paths.HandleAsync(request);
    }

    // The exporter knows no limit of time, and lets later readers wait for earlier ones: who does not read must not hold up all.
    private static async Task ServeMetricsAsync(ApiRequest request, RequestDelegate next)
    {
        await using var limit = request.Cancellation.UnsafeRegister(static http => ((HttpContext)http!).Abort(), request.Http);
        await next(request.Http);
    }

    private async Task FailAsync(HttpContext http, RequestInfo? info, Exception failure)
    {
        var error = ErrorOf(failure);
        if (error.Code >= 500 && failure is not ApiException)
            LogFailed(failure, http.Request.Method, info?.Path ?? http.Request.Path.Value);
        if (http.Response.HasStarted)
        {
            // The client already has a part of a successful answer; only a broken connection can tell that the rest is missing.
            http.Abort();
            return;
        }

        if (error.Code == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        using var expiry = new CancellationTokenSource(_requestDuration, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, http.RequestAborted);
        try
        {
            await StatusResponse.SendAsync(http, error.Status, either.Token);
        }
        catch (OperationCanceledException)
        {
            // The client does not wait for the error, or does not take it.
            http.Abort();
        }
    }

    private static ApiException ErrorOf(Exception failure) => failure switch
    {
        ApiException known => known,
        BadHttpRequestException malformed => ApiErrors.BadRequest(malformed.Message),
        _ => ApiErrors.Internal("the request failed; the server's log tells why"),
    };

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed.")]
    private partial void LogFailed(Exception failure, string method, string? path);
}
