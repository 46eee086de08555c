using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>Carries connections to services, in user space or in the kernel.</summary>
internal interface IServiceProxy : IAsyncDisposable
{
    /// <summary>Begins to serve, as soon as it is known which addresses are services'.</summary>
    void Start();

    /// <summary>Serves a service as it is now, soon after it or one of its slices has changed.</summary>
    /// <param name="service">The service; null if any may have changed.</param>
    void Signal(ObjectKey? service);
}
