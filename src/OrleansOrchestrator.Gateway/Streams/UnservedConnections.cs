using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Streams;

/// <summary>
/// A connection that Kubernetes serves and this server does not yet. It is authorized and admitted as a connection, and then gets a 501
/// with a sentence.
/// </summary>
internal abstract class UnservedConnection(ResourceName resource, string name, string kind, bool isProxy, string sentence) : ISubresourceEndpoint
{
    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = name,
        Serves = SubresourceDeclaration.Of(resource),
        Verbs = isProxy ? [Verbs.Create, Verbs.Delete, Verbs.Get, Verbs.Patch, Verbs.Update] : [Verbs.Create, Verbs.Get],
        BodyKind = kind,
        IsLongRunning = true,
        TakesPath = isProxy,
        Connects = true,
        SocketNeedsCreate = !isProxy,
        IsServed = false,
    };

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => throw ApiErrors.NotImplemented(sentence);
}

/// <summary><c>nodes/proxy</c>.</summary>
internal sealed class NodeProxyEndpoint() : UnservedConnection(
    WellKnownResources.Nodes, "proxy", "NodeProxyOptions", isProxy: true, "requests are not passed on to nodes yet");
