using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Controllers.Ingresses;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Ingresses;

public sealed class IngressStatusReconcilerTests
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");

    private readonly IngressStatusReconciler _reconciler = new(new IngressHostSharing(false));
    private readonly ClusterModel _cluster = new();

    [Fact]
    public void Ingress_OfTheGateways_ShowsTheirAddresses()
    {
        AddGateways("192.0.2.2", "192.0.2.1", "ingress.example.com");
        AddClass("ours", IngressClasses.Controller);
        AddIngress("ours");

        _cluster.Settle(_reconciler, Key);

        AddressesOf().ShouldBe(["192.0.2.1", "192.0.2.2", "ingress.example.com"]);
        Status()[0].Hostname.ShouldBeNull();
        Status()[2].Ip.ShouldBeNull();
        _cluster.Settle(_reconciler, Key).ShouldBe(0);
    }

    [Fact]
    public void Gateway_ThatComesOrGoes_ChangesTheStatus()
    {
        var gateways = AddGateways("192.0.2.1");
        AddClass("ours", IngressClasses.Controller);
        AddIngress("ours");
        _cluster.Settle(_reconciler, Key);

        Announce(gateways, "192.0.2.1", "192.0.2.3");
        _cluster.Settle(_reconciler, Key);
        AddressesOf().ShouldBe(["192.0.2.1", "192.0.2.3"]);

        Announce(gateways);
        _cluster.Settle(_reconciler, Key);
        AddressesOf().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("foreign", false)]
    [InlineData("unknown", false)]
    [InlineData("ours", true)]
    [InlineData(null, true)]
    public void Ingress_IsOfTheGatewaysByItsClass(string? type, bool isServed)
    {
        AddGateways("192.0.2.1");
        AddClass("ours", IngressClasses.Controller, isDefault: true);
        AddClass("foreign", "example.com/controller");
        AddIngress(type);

        _cluster.Settle(_reconciler, Key);

        AddressesOf().Any().ShouldBe(isServed);
    }

    [Fact]
    public void Ingress_WhoseClassChanges_LosesTheAddresses_UnlessAnotherControllerHasWrittenItsOwn()
    {
        AddGateways("192.0.2.1");
        AddClass("ours", IngressClasses.Controller);
        AddClass("foreign", "example.com/controller");
        AddIngress("ours");
        _cluster.Settle(_reconciler, Key);

        Ingress().Spec.IngressClassName = "foreign";
        _cluster.Settle(_reconciler, Key);
        AddressesOf().ShouldBeEmpty();

        Ingress().Status.LoadBalancer = new V1IngressLoadBalancerStatus { Ingress = [new V1IngressLoadBalancerIngress { Ip = "192.0.2.1" }] };
        _cluster.Settle(_reconciler, Key);
        AddressesOf().ShouldBe(["192.0.2.1"], "another controller may be at the same address");

        Ingress().Spec.IngressClassName = "ours";
        _cluster.Settle(_reconciler, Key);
        Ingress().Spec.IngressClassName = "foreign";
        Ingress().Status.LoadBalancer.Ingress = [new V1IngressLoadBalancerIngress { Ip = "198.51.100.1" }];
        _cluster.Settle(_reconciler, Key);
        AddressesOf().ShouldBe(["198.51.100.1"]);
    }

    /// <summary>What was written is remembered until it is gone: the write may be refused.</summary>
    [Fact]
    public void Addresses_WhoseRemovalIsRefused_AreRemovedLater()
    {
        AddGateways("192.0.2.1");
        AddClass("ours", IngressClasses.Controller);
        AddIngress("ours");
        _cluster.Settle(_reconciler, Key);
        Ingress().Spec.IngressClassName = "none";

        _cluster.Refuses = action => Model.Errors.ApiErrors.Modified(action.Resource, action.Key.Name);
        _cluster.Step(_reconciler, Key);
        _cluster.Refuses = _ => null;
        _cluster.Settle(_reconciler, Key);

        AddressesOf().ShouldBeEmpty();
    }

    /// <summary>What was written is remembered until the next is seen: its write may fail.</summary>
    [Fact]
    public void Addresses_WhoseChangeIsRefused_AreStillTakenBack()
    {
        var gateways = AddGateways("192.0.2.1");
        AddClass("ours", IngressClasses.Controller);
        AddIngress("ours");
        _cluster.Settle(_reconciler, Key);
        Announce(gateways, "192.0.2.3");
        _cluster.Refuses = action => Model.Errors.ApiErrors.Modified(action.Resource, action.Key.Name);
        _cluster.Step(_reconciler, Key);
        _cluster.Refuses = _ => null;

        Ingress().Spec.IngressClassName = "none";
        _cluster.Settle(_reconciler, Key);

        AddressesOf().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void Host_OfAnotherNamespace_IsTold(bool areShared, int events)
    {
        var reconciler = new IngressStatusReconciler(new IngressHostSharing(areShared));
        AddGateways("192.0.2.1");
        AddClass("ours", IngressClasses.Controller);
        AddClass("foreign", "example.com/controller");
        AddIngress("ours").Spec.Rules = [Rule("shop.example.com"), Rule("own.example.org"), Rule("other.example.net")];
        AddRival("older", "ours", "*.example.com", TimeSpan.FromDays(-1));
        AddRival("younger", "ours", "own.example.org", TimeSpan.FromDays(1));
        AddRival("unserved", "foreign", "other.example.net", TimeSpan.FromDays(-1));

        _cluster.Settle(reconciler, Key);

        _cluster.Events.Select(told => told.Message).ShouldBe(Enumerable.Repeat("the host \"shop.example.com\" is not served: an older ingress of another namespace has it", events));
    }

    [Fact]
    public void Parts_ThatCannotBeServed_AreToldInPart_IfTheyAreMany()
    {
        AddGateways("192.0.2.1");
        AddClass("ours", IngressClasses.Controller);
        AddIngress("ours").Spec.Rules =
            [new V1IngressRule { Http = new V1HTTPIngressRuleValue { Paths = [.. Enumerable.Range(0, 100).Select(i => Path($"missing-{i}", new V1ServiceBackendPort { Number = 80 }))] } }];

        _cluster.Settle(_reconciler, Key);

        _cluster.Events.Count.ShouldBe(20);
    }

    [Fact]
    public void Parts_ThatCannotBeServed_AreToldOnce()
    {
        AddGateways("192.0.2.1");
        AddClass("ours", IngressClasses.Controller);
        var ingress = AddIngress("ours");
        ingress.Spec.DefaultBackend = new V1IngressBackend { Resource = new V1TypedLocalObjectReference { Kind = "Bucket", Name = "images" } };
        ingress.Spec.Tls = [Tls("none"), Tls("good"), Tls("torn")];
        ingress.Spec.Rules =
        [
            new V1IngressRule
            {
                Http = new V1HTTPIngressRuleValue
                {
                    Paths = [Path("web", new V1ServiceBackendPort { Number = 81 }), Path("web", new V1ServiceBackendPort { Name = "http" }), Path("missing", new V1ServiceBackendPort { Number = 80 }), Path("elsewhere", new V1ServiceBackendPort { Number = 80 })],
                },
            },
        ];
        AddService("web", new V1ServiceSpec { Ports = [new V1ServicePort { Name = "http", Port = 80 }] });
        AddService("elsewhere", new V1ServiceSpec { Type = "ExternalName", ExternalName = "example.com" });
        var (certificate, key) = Issue();
        AddSecret("good", certificate, key);
        AddSecret("torn", certificate, "nonsense");

        _cluster.Settle(_reconciler, Key);

        _cluster.Events.ShouldAllBe(told => told.Type == "Warning" && told.Reason == IngressStatusReconciler.Reason);
        _cluster.Events.Select(told => told.Message.Split(": ")[0]).ShouldBe(
        [
            "the backend Bucket \"images\" is not served",
            "the service \"web\" has no port 81",
            "the service \"missing\" does not exist",
            "the service \"elsewhere\" is not served",
            "the secret \"none\" does not exist",
            "the secret \"torn\" has a certificate and a key that do not fit or cannot be read",
        ]);
        AddressesOf().ShouldBe(["192.0.2.1"]);

        _cluster.Events.Clear();
        AddSecret("none", certificate, key);
        _cluster.Settle(_reconciler, Key);
        _cluster.Events.ShouldBeEmpty();
    }

    private V1Endpoints AddGateways(params string[] addresses)
    {
        var gateways = _cluster.Add(new V1Endpoints { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "kubernetes" } });
        Announce(gateways, addresses);
        return gateways;
    }

    private static void Announce(V1Endpoints gateways, params string[] addresses) => gateways.Metadata.Annotations = IngressGateways.Annotate(addresses);

    private void AddClass(string name, string controller, bool isDefault = false) => _cluster.Add(new V1IngressClass
    {
        Metadata = new V1ObjectMeta { Name = name, Annotations = new Dictionary<string, string> { [IngressClasses.DefaultAnnotation] = isDefault ? "true" : "false" } },
        Spec = new V1IngressClassSpec { Controller = controller },
    });

    private V1Ingress AddIngress(string? type) => _cluster.Add(new V1Ingress
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = Key.Name },
        Spec = new V1IngressSpec { IngressClassName = type },
        Status = new V1IngressStatus { LoadBalancer = new V1IngressLoadBalancerStatus() },
    });

    private void AddRival(string @namespace, string type, string host, TimeSpan age) => _cluster.Add(new V1Ingress
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = @namespace, Name = Key.Name, CreationTimestamp = (ClusterModel.Start + age).UtcDateTime },
        Spec = new V1IngressSpec { IngressClassName = type, Rules = [Rule(host)] },
    });

    private static V1IngressRule Rule(string host) => new() { Host = host };

    private void AddService(string name, V1ServiceSpec spec) =>
        _cluster.Add(new V1Service { Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = name }, Spec = spec });

    private void AddSecret(string name, string certificate, string key) => _cluster.Add(new V1Secret
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = Key.Namespace, Name = name },
        Type = TlsKeyPair.SecretType,
        Data = new Dictionary<string, byte[]> { ["tls.crt"] = Encoding.ASCII.GetBytes(certificate), ["tls.key"] = Encoding.ASCII.GetBytes(key) },
    });

    private V1Ingress Ingress() => _cluster.Find<V1Ingress>(Key)!;

    private IList<V1IngressLoadBalancerIngress> Status() => Ingress().Status.LoadBalancer.Ingress ?? [];

    private IEnumerable<string> AddressesOf() => Status().Select(point => point.Ip ?? point.Hostname);

    private static V1IngressTLS Tls(string secret) => new() { SecretName = secret };

    private static V1HTTPIngressPath Path(string service, V1ServiceBackendPort port) =>
        new() { Path = "/", PathType = "Prefix", Backend = new V1IngressBackend { Service = new V1IngressServiceBackend { Name = service, Port = port } } };

    private static (string Certificate, string Key) Issue()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=web", key, HashAlgorithmName.SHA256).CreateSelfSigned(ClusterModel.Start, ClusterModel.Start.AddYears(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
