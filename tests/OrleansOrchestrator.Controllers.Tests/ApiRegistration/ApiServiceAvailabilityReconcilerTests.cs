using CsCheck;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.ApiRegistration;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.ApiRegistration;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.ApiRegistration;

public sealed class ApiServiceAvailabilityReconcilerTests
{
    private static readonly ObjectKey Key = new("", "v1.wardle.example.com");

    private readonly ApiServiceAvailabilityReconciler _reconciler = new();
    private readonly ClusterModel _cluster = new() { Metrics = _ => new MetricAnswer([]) };

    [Fact]
    public void APIService_WithoutAService_IsAvailable()
    {
        AddApi(api => api.Spec.Service = null);

        _cluster.Settle(_reconciler, Key);

        Condition().ShouldBe(("True", "Local", "Local APIServices are always available"));
    }

    [Fact]
    public void APIService_WhoseServerAnswers_IsAvailable_AndAskedAgain()
    {
        AddApi();
        AddService();
        AddEndpoints();

        var plan = _cluster.Step(_reconciler, Key);

        Condition().ShouldBe(("True", "Passed", "all checks passed"));
        plan.RequeueAfter.ShouldBe(ApiServiceAvailabilityReconciler.CheckInterval);
        _cluster.Step(_reconciler, Key).Actions.ShouldBeEmpty();
    }

    [Fact]
    public void APIService_OfAServiceThatIsMissing_IsNot()
    {
        AddApi();
        _cluster.Settle(_reconciler, Key);
        Condition().ShouldBe(("False", "ServiceNotFound", "service/api in \"wardle\" is not present"));
    }

    [Fact]
    public void APIService_OfAServiceWithoutThePort_IsNot()
    {
        AddApi();
        AddService(port: 8443);
        _cluster.Settle(_reconciler, Key);
        Condition().ShouldBe(("False", "ServicePortError", "service/api in \"wardle\" is not listening on port 443"));
    }

    [Fact]
    public void APIService_OfAServiceWithoutEndpoints_IsNot()
    {
        AddApi();
        AddService();
        _cluster.Settle(_reconciler, Key);
        Condition().ShouldBe(("False", "EndpointsNotFound", "cannot find endpoints for service/api in \"wardle\""));
    }

    [Theory]
    [InlineData("other", true)]
    [InlineData("https", false)]
    public void APIService_OfAServiceWithoutAReadyEndpointOfThePort_IsNot(string port, bool isReady)
    {
        AddApi();
        AddService();
        AddEndpoints(port, isReady);
        _cluster.Settle(_reconciler, Key);
        Condition().ShouldBe(("False", "MissingEndpoints", "endpoints for service/api in \"wardle\" have no addresses with port name \"https\""));
    }

    [Fact]
    public void APIService_OfAServiceThatIsNoClusterIP_IsJudgedByItsAnswerOnly()
    {
        AddApi();
        AddService(type: "ExternalName");
        _cluster.Settle(_reconciler, Key);
        Condition().ShouldBe(("True", "Passed", "all checks passed"));
    }

    [Fact]
    public void APIService_WhoseServerDoesNotAnswer_IsNot_AndIsAskedMoreAndMoreSeldom()
    {
        AddApi();
        AddService();
        AddEndpoints();
        _cluster.Metrics = query => MetricAnswer.Failed(((DiscoveryQuery)query).Api.Metadata.Name + " hangs");

        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            var wait = _cluster.Step(_reconciler, Key).RequeueAfter!.Value;
            waits.Add(wait.TotalSeconds);
            _cluster.Now += wait;
        }

        Condition().ShouldBe(("False", "FailedDiscoveryCheck", "v1.wardle.example.com hangs"));
        waits.ShouldBe([1, 1, 2, 4, 8, 16, 30, 30]);

        _cluster.Metrics = _ => new MetricAnswer([]);
        _cluster.Step(_reconciler, Key).RequeueAfter.ShouldBe(ApiServiceAvailabilityReconciler.CheckInterval);
        Condition().ShouldBe(("True", "Passed", "all checks passed"));
    }

    [Fact]
    public void APIService_WhoseServerFlaps_IsWrittenOnceAChange()
    {
        // Whatever happens to service, endpoints and server: the condition says what is true now, its time only changes with its
        // status, other conditions stay, and at rest nothing is written.
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[0, 100]).Array[1, 12].Sample(steps =>
        {
            var cluster = new ClusterModel();
            cluster.Add(Api(api => api.Status = new V1APIServiceStatus { Conditions = [new V1APIServiceCondition { Type = "Mine", Status = "True" }] }));
            var (status, since) = ("", DateTimeOffset.MinValue);
            foreach (var (hasService, hasEndpoints, answers, seconds) in steps)
            {
                cluster.Now += TimeSpan.FromSeconds(seconds);
                Set(cluster, Service(), hasService);
                Set(cluster, Endpoints(), hasEndpoints);
                cluster.Metrics = _ => answers ? new MetricAnswer([]) : MetricAnswer.Failed("away");

                var writes = cluster.Step(_reconciler, Key).Actions.OfType<PatchObject>().Count();
                cluster.Step(_reconciler, Key).Actions.ShouldBeEmpty();

                var api = cluster.Find<V1APIService>(Key)!;
                api.Status.Conditions.Select(condition => condition.Type).ShouldBe(["Mine", "Available"]);
                var condition = ApiServices.AvailabilityOf(api)!;
                condition.Status.ShouldBe(hasService && hasEndpoints && answers ? "True" : "False");
                if (condition.Status != status)
                    (status, since) = (condition.Status, cluster.Now);
                condition.LastTransitionTime.ShouldBe(since.UtcDateTime);
                writes.ShouldBeLessThanOrEqualTo(1);
            }
        });
    }

    private static void Set(ClusterModel cluster, KubeObject obj, bool isThere)
    {
        var present = cluster.Find(obj.GetType(), obj.Key);
        if (isThere && present is null)
            cluster.Add(obj);
        else if (!isThere && present is not null)
            cluster.Remove(present);
    }

    private void AddApi(Action<V1APIService>? change = null) => _cluster.Add(Api(change));

    private static V1APIService Api(Action<V1APIService>? change = null)
    {
        var api = new V1APIService
        {
            Metadata = new V1ObjectMeta { Name = Key.Name },
            Spec = new V1APIServiceSpec
            {
                Group = "wardle.example.com",
                Version = "v1",
                GroupPriorityMinimum = 100,
                VersionPriority = 100,
                Service = new Apiregistrationv1ServiceReference { NamespaceProperty = "wardle", Name = "api", Port = 443 },
            },
        };
        change?.Invoke(api);
        return api;
    }

    private void AddService(int port = 443, string type = "ClusterIP") => _cluster.Add(Service(port, type));

    private static V1Service Service(int port = 443, string type = "ClusterIP") => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "wardle", Name = "api" },
        Spec = new V1ServiceSpec { Type = type, Ports = [new V1ServicePort { Name = "https", Port = port }] },
    };

    private void AddEndpoints(string port = "https", bool isReady = true) => _cluster.Add(Endpoints(port, isReady));

    private static V1Endpoints Endpoints(string port = "https", bool isReady = true)
    {
        V1EndpointAddress[] addresses = [new V1EndpointAddress { Ip = "10.0.0.1" }];
        return new()
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "wardle", Name = "api" },
            Subsets = [new V1EndpointSubset { Addresses = isReady ? addresses : [], NotReadyAddresses = isReady ? [] : addresses, Ports = [new Corev1EndpointPort { Name = port, Port = 6443 }] }],
        };
    }

    private (string?, string?, string?) Condition()
    {
        var condition = ApiServices.AvailabilityOf(_cluster.Find<V1APIService>(Key)!);
        return (condition?.Status, condition?.Reason, condition?.Message);
    }
}
