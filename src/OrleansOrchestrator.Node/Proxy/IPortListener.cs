namespace OrleansOrchestrator.Node.Proxy;

/// <summary>One open port of the proxy. Disposing closes the port and what it carries.</summary>
internal interface IPortListener : IAsyncDisposable
{
    /// <summary>Picks endpoints; its route is replaced while the port stays open.</summary>
    EndpointPicker Picker { get; }
}
