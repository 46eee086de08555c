using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>An authorized request on its way through an endpoint: what it asks, who asks, and how the answer is to look.</summary>
internal sealed class ApiRequest(HttpContext http, RequestInfo info, RequestOptions options, UserInfo user, CancellationToken cancellation)
{
    private WarningHeaders? _warnings;
    private ResponseFormat? _format;

    public HttpContext Http { get; } = http;

    public RequestInfo Info { get; } = info;

    public RequestOptions Options { get; } = options;

    public UserInfo User { get; } = user;

    /// <summary>Fires when the client is gone or the request has taken too long.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>The kind, which is known to exist once an endpoint has the request.</summary>
    public ResourceDefinition Definition => Info.Definition!;

    /// <summary>The version of the kind that the client speaks.</summary>
    public ServedVersion ServedVersion => Info.ServedVersion!;

    public ObjectReference Reference => new(Definition, Info.Key) { ServedVersion = ServedVersion };

    public WarningHeaders Warnings => _warnings ??= new WarningHeaders(Http.Response);

    /// <summary>How the client wants the answer.</summary>
    /// <exception cref="Model.Errors.ApiException">406: in no way that can be made.</exception>
    public ResponseFormat Format =>
        _format ??= AcceptHeader.Negotiate(Http.Request.Headers.Accept, Options.Pretty ?? IsReadByPeople, RequestScope.Of(Info));

    // As Kubernetes does for tools that show an answer as it comes.
    private bool IsReadByPeople =>
        Http.Request.Headers.UserAgent is [{ } agent, ..]
        && (agent.StartsWith("curl", StringComparison.Ordinal)
            || agent.StartsWith("Wget", StringComparison.Ordinal)
            || agent.StartsWith("Mozilla/5.0", StringComparison.Ordinal));
}
