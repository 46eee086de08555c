using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>Serves <c>pods/exec</c>: runs a command in a container.</summary>
internal sealed class PodExecEndpoint(PodStreams streams) : ISubresourceEndpoint
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
    public Task HandleAsync(ApiRequest request) => streams.ServeAsync(request, "exec", isExec: true);
}
