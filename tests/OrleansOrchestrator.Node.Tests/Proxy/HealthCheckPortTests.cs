using System.Collections.Concurrent;
using System.Net;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Proxy;

/// <summary>What a load balancer hears at a health check node port.</summary>
public sealed class HealthCheckPortTests
{
    private static readonly ObjectKey Web = new("default", "web");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Port_OfAServiceThatStaysOnItsNodes_TellsWhetherOneIsHere()
    {
        var number = FreePorts.Next();
        var services = new ServiceCatalog(null);
        var slices = new EndpointSliceCatalog(["node"], null);
        var options = new NodeAgentOptions { Name = "node", DataDirectory = "unused", NodePortAddresses = ["127.0.0.1"] };
        await using var ports = new HealthCheckPorts(options, services, slices, (_, _, _) => { }, TimeProvider.System, NullLoggerFactory.Instance);
        using var client = new HttpClient();
        var service = ProxyFixture.Service("web", "10.96.0.1", new V1ServicePort { Port = 80, Protocol = "TCP" });
        (service.Spec.Type, service.Spec.ExternalTrafficPolicy, service.Spec.HealthCheckNodePort) = ("LoadBalancer", "Local", number);
        services.Replace([service]);
        slices.Replace([]);
        ports.Signal(null);

        await Eventually.HoldsAsync(async () => await CodeAsync() == HttpStatusCode.ServiceUnavailable, "nobody is here");

        var slice = ProxyFixture.Slice(service, new IPEndPoint(IPAddress.Parse("10.0.0.1"), 8080));
        slice.Endpoints[0].NodeName = "node";
        slices.Upsert(slice);
        ports.Signal(Web);
        await Eventually.HoldsAsync(async () => await CodeAsync() == HttpStatusCode.OK, "one is here");
        using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{number}/healthz"), Token);
        answer.Headers.GetValues("X-Load-Balancing-Endpoint-Weight").ShouldBe(["1"]);
        (await answer.Content.ReadAsStringAsync(Token)).ShouldBe("""{"service":{"namespace":"default","name":"web"},"localEndpoints":1,"serviceProxyHealthy":true}""");

        services.Delete(service);
        ports.Signal(Web);
        await Eventually.HoldsAsync(async () => await CodeAsync() is null, "the port is closed");

        async Task<HttpStatusCode?> CodeAsync()
        {
            try
            {
                using var status = await client.GetAsync(new Uri($"http://127.0.0.1:{number}/"), Token);
                return status.StatusCode;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    [Fact]
    public async Task Ports_AtAnAddressThatTheMachineDoesNotHave_AreToldForEachService()
    {
        var services = new ServiceCatalog(null);
        var slices = new EndpointSliceCatalog(["node"], null);
        var told = new ConcurrentQueue<string>();
        var options = new NodeAgentOptions { Name = "node", DataDirectory = "unused", NodePortAddresses = ["192.0.2.1"] };
        await using var ports = new HealthCheckPorts(options, services, slices, (service, reason, _) => told.Enqueue($"{service.Metadata.Name}: {reason}"), TimeProvider.System, NullLoggerFactory.Instance);
        services.Replace([Service("a"), Service("b")]);
        slices.Replace([]);

        ports.Signal(null);

        await Eventually.HoldsAsync(() => told.Count == 2, "both are told");
        told.ShouldBe(["a: FailedToStartServiceHealthcheck", "b: FailedToStartServiceHealthcheck"], ignoreOrder: true);

        static V1Service Service(string name)
        {
            var service = ProxyFixture.Service(name, "10.96.0.1", new V1ServicePort { Port = 80, Protocol = "TCP" });
            (service.Spec.Type, service.Spec.ExternalTrafficPolicy, service.Spec.HealthCheckNodePort) = ("LoadBalancer", "Local", FreePorts.Next());
            return service;
        }
    }
}
