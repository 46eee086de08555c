using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
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
        ServiceAddresses = new ServiceAddressOptions { ServiceCidr = "10.96.0.0/26", NodePortFirst = 30_000, NodePortLast = 30_009, DnsService = false },
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

    [Theory]
    [InlineData("010.096.000.020")]
    [InlineData("::ffff:10.96.0.20")]
    [InlineData("::ffff:0a60:14")]
    public async Task AnAddress_WrittenInAnotherWay_IsTheSameAddress(string text)
    {
        await Api.CreateAsync(PodSamples.Service("default", "a", address: "10.96.0.20"));
        var refused = await Should.ThrowAsync<ApiException>(Api.CreateAsync(PodSamples.Service("default", "b", address: text)));
        (refused.Code, refused.Status.Details.Causes.Single().Field).ShouldBe((422, "spec.clusterIPs[0]"));

        await Api.DeleteAsync<V1Service>("default", "a");
        (await Api.CreateAsync(PodSamples.Service("default", "b", address: text))).Spec.ClusterIP.ShouldBe(text);
        (await Should.ThrowAsync<ApiException>(Api.CreateAsync(PodSamples.Service("default", "a", address: "10.96.0.20")))).Code.ShouldBe(422);
    }

    [Fact]
    public async Task NodePort_OfAnotherProtocol_IsTheSame()
    {
        var dns = PodSamples.Service("default", "dns", "NodePort");
        dns.Spec.Ports = [new V1ServicePort { Name = "tcp", Port = 53, Protocol = "TCP" }, new V1ServicePort { Name = "udp", Port = 53, Protocol = "UDP" }];
        dns = await Api.CreateAsync(dns);
        dns.Spec.Ports[0].NodePort.ShouldBe(dns.Spec.Ports[1].NodePort);

        var other = PodSamples.Service("default", "other", "NodePort", nodePort: dns.Spec.Ports[0].NodePort);
        other.Spec.Ports[0].Protocol = "SCTP";
        (await Should.ThrowAsync<ApiException>(Api.CreateAsync(other))).Status.Details.Causes.Single().Field.ShouldBe("spec.ports[0].nodePort");
    }

    [Fact]
    public async Task NodePorts_OfABalancedService_AreThoseItAsksFor()
    {
        var service = PodSamples.Service("default", "lb", "LoadBalancer");
        service.Spec.AllocateLoadBalancerNodePorts = false;
        service.Spec.ExternalTrafficPolicy = "Local";
        service = await Api.CreateAsync(service);
        service.Spec.Ports[0].NodePort.ShouldBeNull();
        var healthCheck = service.Spec.HealthCheckNodePort.ShouldNotBeNull();

        service.Spec.AllocateLoadBalancerNodePorts = true;
        service = await Api.UpdateAsync(service);
        var port = service.Spec.Ports[0].NodePort.ShouldNotBeNull();
        service.Spec.HealthCheckNodePort.ShouldBe(healthCheck);
        (await Should.ThrowAsync<ApiException>(Api.CreateAsync(PodSamples.Service("default", "b", "NodePort", nodePort: healthCheck)))).Code.ShouldBe(422);

        service.Spec.AllocateLoadBalancerNodePorts = false;
        service = await Api.UpdateAsync(service);
        service.Spec.Ports[0].NodePort.ShouldBe(port, "what was given is given back only when asked for");
        service.Spec.Ports[0].NodePort = null;
        service = await Api.UpdateAsync(service);
        service.Spec.Ports[0].NodePort.ShouldBeNull();
        await Api.CreateAsync(PodSamples.Service("default", "b", "NodePort", nodePort: port));
    }

    [Theory]
    [InlineData(null, "IPv6", null, "spec.ipFamilies[0]: not configured on this cluster")]
    [InlineData("RequireDualStack", null, null, "spec.ipFamilyPolicy: this cluster is not configured for dual-stack services")]
    [InlineData("SingleStack", "IPv4,IPv6", null, "spec.ipFamilyPolicy: must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified")]
    [InlineData("PreferDualStack", "IPv4,IPv6", null, "spec.ipFamilies[1]: not configured on this cluster")]
    [InlineData(null, null, "fd00::1", "spec.clusterIPs[0]: IPv6 is not configured on this cluster")]
    public async Task Family_ThatTheClusterDoesNotHave_IsRefused(string? policy, string? families, string? address, string expected)
    {
        var service = PodSamples.Service("default", "a", address: address);
        service.Spec.IpFamilyPolicy = policy;
        service.Spec.IpFamilies = families?.Split(',');

        var cause = (await Should.ThrowAsync<ApiException>(Api.CreateAsync(service))).Status.Details.Causes.Single();

        $"{cause.Field}: {cause.Message.Split(": ")[^1]}".ShouldBe(expected);
    }

    [Theory]
    [InlineData(null, "SingleStack", "IPv4")]
    [InlineData("PreferDualStack", "PreferDualStack", "IPv4")]
    public async Task Service_ThatSaysNothingOfFamilies_GetsTheClusters(string? policy, string settled, string families)
    {
        var service = PodSamples.Service("default", "a");
        service.Spec.IpFamilyPolicy = policy;

        var created = await Api.CreateAsync(service);

        (created.Spec.IpFamilyPolicy, string.Join(',', created.Spec.IpFamilies)).ShouldBe((settled, families));
        created.Spec.IpFamilies = null;
        created.Spec.IpFamilyPolicy = null;
        (await Api.UpdateAsync(created)).Spec.IpFamilyPolicy.ShouldBe(settled);
    }

    [Fact]
    public async Task Service_HeadlessWithoutASelector_MayUseAnyFamily()
    {
        var service = PodSamples.Service("default", "a", address: "None");
        service.Spec.Selector = null;

        var created = await Api.CreateAsync(service);

        (created.Spec.IpFamilyPolicy, string.Join(',', created.Spec.IpFamilies)).ShouldBe(("RequireDualStack", "IPv4,IPv6"));
    }

    [Fact]
    public async Task IPAddresses_OfServicesThatComeAndGo_FollowThem()
    {
        await Api.CreateAsync(PodSamples.Service("default", "a", address: "10.96.0.20"));
        await Api.UntilAsync<V1IPAddress>("", all => all.Any(one => one.Metadata.Name == "10.96.0.20" && one.Spec.ParentRef.Name == "a"));

        await Api.DeleteAsync<V1IPAddress>("", "10.96.0.20");
        await Api.UntilAsync<V1IPAddress>("", all => all.Any(one => one.Metadata.Name == "10.96.0.20"));

        await Api.DeleteAsync<V1Service>("default", "a");
        await Api.UntilAsync<V1IPAddress>("", all => all is [{ Metadata.Name: "10.96.0.1" }]);
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
