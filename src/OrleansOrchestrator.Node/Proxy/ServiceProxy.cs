using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Proxy;

internal sealed class ServiceProxy(NodeAgentOptions options, ServiceCatalog services, ObjectCatalog<V1Endpoints> endpoints, TimeProvider timeProvider, ILoggerFactory loggers) : IAsyncDisposable
{
    public void Signal() { _ = (options, services, endpoints, timeProvider, loggers); }
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
