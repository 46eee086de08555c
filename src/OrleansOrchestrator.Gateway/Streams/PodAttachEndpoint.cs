using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>Serves <c>pods/attach</c>: attaches to the streams of a container's main process.</summary>
internal sealed class PodAttachEndpoint(PodStreams streams) : ISubresourceEndpoint
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
    public Task HandleAsync(ApiRequest request) => streams.ServeAsync(request, "attach", isExec: false);
}
