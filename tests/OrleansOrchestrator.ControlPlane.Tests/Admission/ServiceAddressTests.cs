using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

/// <summary>A cluster with few addresses: 62, of which one is the API's own, and 10 node ports.</summary>
public sealed class ServiceAddressTests : IAsyncLifetime
{
    private static readonly ControlPlaneOptions Options = new()
    {
        ServiceAddresses = new ServiceAddressOptions { ServiceCidr = "10.96.0.0/26", NodePortFirst = 30_000, NodePortLast = 30_009 },
    };

    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog(), Options);

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task ManyServicesAtOnce_GetAddressesOfTheirOwn_UntilThereAreNoMore()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => TryCreateAsync(PodSamples.Service("default", $"s{i}"))));
        var created = outcomes.OfType<V1Service>().ToList();
        created.Select(service => service.Spec.ClusterIP).ShouldBeUnique();
        created.Count.ShouldBe(61);
        created.ShouldAllBe(service => service.Spec.ClusterIP != "10.96.0.1" && service.Spec.ClusterIPs.Single() == service.Spec.ClusterIP);
        outcomes.OfType<ApiException>().ShouldAllBe(refused => refused.Message.Contains("range is full"));

        // What is given back can be had again.
        await Api.DeleteAsync<V1Service>("default", created[7].Metadata.Name);
        (await Api.CreateAsync(PodSamples.Service("default", "again"))).Spec.ClusterIP.ShouldBe(created[7].Spec.ClusterIP);
    }

    [Fact]
    public async Task ManyNodePortsAtOnce_AreAllDifferent_UntilThereAreNoMore()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => TryCreateAsync(PodSamples.Service("default", $"s{i}", "NodePort"))));
        var ports = outcomes.OfType<V1Service>().Select(service => service.Spec.Ports.Single().NodePort!.Value).ToList();
        ports.Order().ShouldBe(Enumerable.Range(30_000, 10));
        outcomes.OfType<ApiException>().ShouldAllBe(refused => refused.Message.Contains("range is full"));
    }

    [Fact]
    public async Task AnAddressOrPortOfOnesOwnChoice_IsGiven_AndRefusedToTheNext()
    {
        (await Api.CreateAsync(PodSamples.Service("default", "a", "NodePort", "10.96.0.20", 30_005))).Spec.ClusterIP.ShouldBe("10.96.0.20");
        var address = await Should.ThrowAsync<ApiException>(Api.CreateAsync(PodSamples.Service("default", "b", address: "10.96.0.20")));
        (address.Code, address.Status.Details.Causes.Single().Field).ShouldBe((422, "spec.clusterIPs[0]"));
        var port = await Should.ThrowAsync<ApiException>(Api.CreateAsync(PodSamples.Service("default", "b", "NodePort", nodePort: 30_005)));
        (port.Code, port.Status.Details.Causes.Single().Field).ShouldBe((422, "spec.ports[0].nodePort"));
        var outside = await Should.ThrowAsync<ApiException>(Api.CreateAsync(PodSamples.Service("default", "b", address: "10.97.0.1")));
        outside.Code.ShouldBe(422);
    }

    [Fact]
    public async Task AServiceThatBecomesExternal_GivesItsAddressBack_AndKeepsItOtherwise()
    {
        var created = await Api.CreateAsync(PodSamples.Service("default", "a", address: "10.96.0.20"));
        created.Spec.Ports[0].Port = 81;
        (await Api.UpdateAsync(created)).Spec.ClusterIP.ShouldBe("10.96.0.20");
        await Api.PatchAsync<V1Service>(
            "default", "a", PatchType.MergePatch, """{"spec":{"type":"ExternalName","externalName":"example.com","clusterIP":null,"clusterIPs":null}}""");
        (await Api.CreateAsync(PodSamples.Service("default", "b", address: "10.96.0.20"))).Spec.ClusterIP.ShouldBe("10.96.0.20");
    }

    [Fact]
    public async Task ServiceAddress_HeadlessService_TakesNoAddress()
    {
        await Api.CreateAsync(PodSamples.Service("default", "a", address: "None"));
        (await Api.CreateAsync(PodSamples.Service("default", "b", address: "None"))).Spec.ClusterIP.ShouldBe("None");
    }

    private async Task<object> TryCreateAsync(V1Service service)
    {
        try
        {
            return await Api.CreateAsync(service);
        }
        catch (ApiException refused)
        {
            return refused;
        }
    }
}
