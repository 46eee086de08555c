using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Nodes;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>Serves <c>pods/exec</c>: runs a command in a container.</summary>
internal sealed class PodExecEndpoint(PodStreams streams, PodLocator locator) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "exec",
        Serves = SubresourceDeclaration.Of(WellKnownResources.Pods),
        Verbs = [Verbs.Create, Verbs.Get],
        BodyKind = "PodExecOptions",
        IsLongRunning = true,
        Connects = true,
        SocketNeedsCreate = true,
    };

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var asked = StreamOptions.Parse(request.Http.Request.Query, isExec: true);
        var location = await locator.FindAsync(request, asked.Container);
        await streams.ServeAsync(request, location.Node, location.PathOf("exec") + asked.NodeQuery, isSession: true);
    }
}
