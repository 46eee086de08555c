using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>Serves <c>pods/attach</c>: attaches to the streams of a container's main process.</summary>
internal sealed class PodAttachEndpoint(PodStreams streams, PodLocator locator) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "attach",
        Serves = SubresourceDeclaration.Of(WellKnownResources.Pods),
        Verbs = [Verbs.Create, Verbs.Get],
        BodyKind = "PodAttachOptions",
        IsLongRunning = true,
        Connects = true,
        SocketNeedsCreate = true,
    };

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var asked = StreamOptions.Parse(request.Http.Request.Query, isExec: false);
        var location = await locator.FindAsync(request, asked.Container);
        await streams.ServeAsync(request, location.Node, location.PathOf("attach") + asked.NodeQuery, isSession: true);
    }
}
