using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Proxying;

/// <summary>A subresource that passes requests on to what its object stands for.</summary>
internal abstract class ProxyEndpoint(ResourceName resource, string optionsKind, RequestForwarder forwarder) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "proxy",
        Serves = SubresourceDeclaration.Of(resource),
        Verbs = [Verbs.Create, Verbs.Delete, Verbs.Get, Verbs.Patch, Verbs.Update],
        BodyKind = optionsKind,
        IsLongRunning = true,
        TakesPath = true,
        Connects = true,
    };

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var asked = request.Http.Request;
        if (request.Info.SubresourcePath.Length == 0 && !asked.Query.ContainsKey("path") && request.Info.Verb == Verbs.Get)
        {
            // Without the slash, relative links of the answer would lead elsewhere.
            request.Http.Response.Redirect($"{asked.Path.ToUriComponent()}/{asked.QueryString}", permanent: true);
            return;
        }

        await forwarder.ForwardAsync(request, await ResolveAsync(request));
    }

    /// <summary>Finds where a request goes.</summary>
    /// <exception cref="ApiException">404, 400 or 503: nowhere.</exception>
    protected abstract Task<ProxyDestination> ResolveAsync(ApiRequest request);
}
