using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>An authorized request: its parsed form, its user, and the format of its answer.</summary>
internal sealed class ApiRequest(HttpContext http, RequestInfo info, RequestOptions options, UserInfo user, CancellationToken cancellation)
{
    private WarningHeaders? _warnings;
    private ResponseFormat? _format;

    public HttpContext Http { get; } = http;

    public RequestInfo Info { get; } = info;

    public RequestOptions Options { get; } = options;

    public UserInfo User { get; } = user;

    /// <summary>Cancelled when the client has gone or the request has timed out.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>The kind; never null at an endpoint.</summary>
    public ResourceDefinition Definition => Info.Definition!;

    /// <summary>The version of the kind that the client uses.</summary>
    public ServedVersion ServedVersion => Info.ServedVersion!;

    public ObjectReference Reference => new(Definition, Info.Key) { ServedVersion = ServedVersion };

    public WarningHeaders Warnings => _warnings ??= new WarningHeaders(Http.Response);

    /// <summary>The format of the answer.</summary>
    /// <exception cref="Model.Errors.ApiException">406: no acceptable format is possible.</exception>
    public ResponseFormat Format =>
        _format ??= AcceptHeader.Negotiate(Http.Request.Headers.Accept, Options.Pretty ?? IsReadByPeople, RequestScope.Of(Info));

    // Like Kubernetes, indents for tools that show an answer as it comes.
    private bool IsReadByPeople =>
        Http.Request.Headers.UserAgent is [{ } agent, ..]
        && (agent.StartsWith("curl", StringComparison.Ordinal)
            || agent.StartsWith("Wget", StringComparison.Ordinal)
            || agent.StartsWith("Mozilla/5.0", StringComparison.Ordinal));
}
