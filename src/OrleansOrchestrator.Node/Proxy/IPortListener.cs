namespace OrleansOrchestrator.Node.Proxy;

/// <summary>An open port of the proxy. Disposing closes the port and its connections or sessions.</summary>
internal interface IPortListener : IAsyncDisposable
{
    /// <summary>Picks endpoints. The proxy replaces the picker's route while the port stays open.</summary>
    EndpointPicker Picker { get; }
}
