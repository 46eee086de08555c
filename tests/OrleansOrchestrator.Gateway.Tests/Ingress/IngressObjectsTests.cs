using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Gateway.Ingress;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>What is made anew when objects of ingress change.</summary>
public sealed class IngressObjectsTests
{
    private readonly IngressObjects _known = new(new IngressOptions(), NullLogger<IngressObjects>.Instance);

    /// <summary>With thousands of ingresses, each of which gets a status, making all routes for each of them would take a processor.</summary>
    [Fact]
    public void Routes_StayWhileOnlyAStatusChanges()
    {
        foreach (var resource in IngressObjects.Resources)
            _known.Reset(resource, []);
        Apply(WellKnownResources.IngressClasses, $$$"""{"metadata":{"name":"ours"},"spec":{"controller":"{{{IngressClasses.Controller}}}"} }""");
        Apply(WellKnownResources.Ingresses, Ingress("1", "/a"));
        var routes = _known.Routes;
        routes.Find("a.com", "/a").ShouldNotBeNull();

        Apply(WellKnownResources.Ingresses, Ingress("2", "/a", """,{"ip":"192.0.2.1"}"""));
        _known.Routes.ShouldBeSameAs(routes);

        Apply(WellKnownResources.Ingresses, Ingress("3", "/a", annotations: $$"""{"{{RouteTable.RedirectAnnotation}}":"false"}"""));
        _known.Routes.ShouldNotBeSameAs(routes);

        Apply(WellKnownResources.Ingresses, Ingress("4", "/b"));
        _known.Routes.Find("a.com", "/a").ShouldBeNull();
        _known.Routes.Find("a.com", "/b").ShouldNotBeNull();

        _known.Apply(WellKnownResources.Ingresses, new Dictionary<ObjectKey, StoredObject?> { [new ObjectKey("default", "one")] = null });
        _known.Routes.Find("a.com", "/b").ShouldBeNull();
    }

    private void Apply(ResourceName resource, string json)
    {
        var stored = StoredObject.Read(BuiltInKinds.Registry[resource], Encoding.UTF8.GetBytes(json));
        _known.Apply(resource, new Dictionary<ObjectKey, StoredObject?> { [stored.Key] = stored });
    }

    private static string Ingress(string revision, string path, string more = "", string annotations = "{}") => $$"""
        {"metadata":{"namespace":"default","name":"one","uid":"u","resourceVersion":"{{revision}}","annotations":{{annotations}} },
         "spec":{"ingressClassName":"ours","rules":[{"host":"a.com","http":{"paths":[{"path":"{{path}}","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80} } } }]} }]},
         "status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.2"}{{more}}]} } }
        """;
}
