using CsCheck;
using OrleansOrchestrator.Controllers.Quotas;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Quotas;

public sealed class ResourceQuotaReconcilerTests
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "q");
    private static readonly ResourceQuotaReconciler Reconciler = new();

    private readonly ClusterModel _cluster = new();

    [Fact]
    public void WatchedFor_AQuota_AreOnlyTheKindsThatItCounts()
    {
        var relation = new ResourceQuotaReconciler().Relations.ShouldHaveSingleItem();
        var quota = new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "q" },
            Spec = new V1ResourceQuotaSpec
            {
                Hard = new[] { "requests.cpu", "services.nodeports", "count/deployments.apps", "count/events", "count/gadgets.example.com" }
                    .ToDictionary(name => name, _ => new ResourceQuantity("1")),
            },
        };

        relation.IsWatchedOnDemand.ShouldBeTrue();
        relation.WatchedFor(quota).ShouldBe([WellKnownResources.Deployments, WellKnownResources.Pods, WellKnownResources.Services], ignoreOrder: true);
    }

    [Fact]
    public void Reconcile_ObjectsOfSeveralKinds_AreAddedUp()
    {
        Quota("pods=5,requests.cpu=4,services.nodeports=3,count/deployments.apps=2,secrets=9");
        Pod("a", "1");
        Pod("b", "500m");
        _cluster.Add(Samples.Service("web", Samples.Port(80), Samples.Port(81))).Spec.Type = "NodePort";
        _cluster.Add(new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "d" }, Spec = new V1DeploymentSpec { Selector = new(), Template = new() } });

        _cluster.Settle(Reconciler, Key).ShouldBe(1);

        Used().ShouldBe("count/deployments.apps=1 pods=2 requests.cpu=1500m secrets=0 services.nodeports=2");
        _cluster.Find<V1ResourceQuota>(Key)!.Status.Hard["requests.cpu"].ToString().ShouldBe("4");
    }

    [Fact]
    public void Reconcile_CustomKind_IsLookedAtAgain()
    {
        Quota("pods=1,count/widgets.example.com=2");
        _cluster.Step(Reconciler, Key).RequeueAfter.ShouldBe(TimeSpan.FromSeconds(10));
        _cluster.Step(Reconciler, Key).Actions.ShouldBeEmpty();
    }

    [Fact]
    public void Reconcile_KindsThatAreAlwaysThere_RestUntilSomethingChanges()
    {
        var kinds = BuiltInKinds.Registry.Stored.Where(kind => kind.Namespaced && kind.Name != WellKnownResources.Events);
        Quota(string.Join(',', kinds.Select(kind => $"count/{kind.Name}=2")));
        _cluster.Step(Reconciler, Key).RequeueAfter.ShouldBeNull();

        var relation = Reconciler.Relations.Single();
        var deployment = new V1Deployment { Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "d" }, Spec = new V1DeploymentSpec { Selector = new(), Template = new() } };
        var (before, now) = (ClusterModel.StoredOf(deployment), ClusterModel.StoredOf(_cluster.Add(deployment)));
        _cluster.FindPrimaries(relation, WellKnownResources.ResourceQuotas, new ObjectChange(now, null)).ShouldBe([Key]);
        _cluster.FindPrimaries(relation, WellKnownResources.ResourceQuotas, new ObjectChange(now, before)).ShouldBeEmpty();
        relation.Watched.ShouldContain(WellKnownResources.Deployments);
    }

    [Fact]
    public void Reconcile_PodThatShouldHaveGone_CountsUntilThen()
    {
        Quota("pods=5,count/pods=5");
        var pod = Pod("a", "1");
        (pod.Metadata.DeletionTimestamp, pod.Metadata.DeletionGracePeriodSeconds) = (ClusterModel.Start.UtcDateTime, 30);

        _cluster.Step(Reconciler, Key).RequeueAfter.ShouldBe(TimeSpan.FromSeconds(30) + TimeSpan.FromMilliseconds(1));
        Used().ShouldBe("count/pods=1 pods=1");
        _cluster.Now += TimeSpan.FromSeconds(31);
        _cluster.Settle(Reconciler, Key);

        Used().ShouldBe("count/pods=1 pods=0");
    }

    [Fact]
    public void Reconcile_AnyPods_TheStatusIsThePlainSum() => Gen.Select(
        Any.Of("Pending", "Running", "Succeeded", "Failed"), Gen.Int[0, 3], Any.Of<string?>(null, "high"), Any.Rarely(4)).Array[0, 8].Sample(shapes =>
        {
            var cluster = new ClusterModel();
            cluster.Add(NewQuota("pods=1,cpu=1", "PriorityClass"));
            for (var i = 0; i < shapes.Length; i++)
            {
                var (phase, cpu, priorityClass, isElsewhere) = shapes[i];
                var pod = NewPod($"p{i}", $"{cpu}", phase);
                pod.Spec.PriorityClassName = priorityClass;
                if (isElsewhere)
                    pod.Metadata.NamespaceProperty = "elsewhere";
                cluster.Add(pod);
            }

            cluster.Settle(Reconciler, Key);

            var counted = shapes.Where(shape => shape.Item1 is "Pending" or "Running" && shape.Item3 is not null && !shape.Item4).ToList();
            var used = cluster.Find<V1ResourceQuota>(Key)!.Status.Used;
            Quantity.From(used["pods"]).Value.ShouldBe(counted.Count);
            Quantity.From(used["cpu"]).Value.ShouldBe(counted.Sum(shape => shape.Item2));
        });

    [Fact]
    public void Look_AtWhatHasChanged_CountsWhatALookAtEverythingDoes() => Gen.Select(
        Gen.Int[0, 3], Any.Of("Pending", "Running", "Failed"), Gen.Int[0, 3], Gen.Int[0, 4]).Array[0, 30].Sample(steps =>
        {
            var cluster = new ClusterModel();
            cluster.Add(NewQuota("pods=1,cpu=1,count/pods=1"));
            var look = new PartialLook(cluster, Reconciler, Key);
            foreach (var (which, phase, cpu, what) in steps)
            {
                var name = $"p{which}";
                if (cluster.Find<V1Pod>(new ObjectKey(Samples.Namespace, name)) is { } present)
                    cluster.Remove(present);
                if (what > 0)
                {
                    var pod = NewPod(name, $"{cpu}", phase);
                    if (what == 2)
                        (pod.Metadata.DeletionTimestamp, pod.Metadata.DeletionGracePeriodSeconds) = (cluster.Now.UtcDateTime, 30);
                    cluster.Add(pod);
                }

                if (what == 3)
                    cluster.Now += TimeSpan.FromSeconds(20);
                var plan = look.Take();
                PlanText.Of(plan).ShouldBe(PlanText.Of(Reconciler.Reconcile(cluster.Observe(Reconciler, Key))));
                cluster.Apply(plan.Actions);
            }

            look.Take();
            look.Observed!.Related(Reconciler.Relations[0]).ShouldBeEmpty();
        }, iter: 100);

    [Fact]
    public void Look_AtAnotherSpec_CountsEverythingAnew()
    {
        Quota("pods=5");
        Pod("a", "1");
        var look = new PartialLook(_cluster, Reconciler, Key);
        _cluster.Apply(look.Take().Actions);
        var quota = ObjectCodec.Clone(_cluster.Find<V1ResourceQuota>(Key)!);
        quota.Spec.Hard = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("5") };
        _cluster.Remove(quota);
        _cluster.Add(quota);

        _cluster.Apply(look.Take().Actions);

        Used().ShouldBe("cpu=1");
    }

    private V1ResourceQuota Quota(string hard) => _cluster.Add(NewQuota(hard));

    private V1Pod Pod(string name, string cpu) => _cluster.Add(NewPod(name, cpu, "Running"));

    private static V1ResourceQuota NewQuota(string hard, params string[] scopes) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = "q" },
        Spec = new V1ResourceQuotaSpec
        {
            Hard = hard.Split(',').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => new ResourceQuantity(pair[1])),
            Scopes = scopes.Length > 0 ? scopes : null,
        },
    };

    private static V1Pod NewPod(string name, string cpu, string phase)
    {
        var pod = Samples.Pod(name, phase: phase);
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu) } };
        return pod;
    }

    private string Used() => string.Join(' ', _cluster.Find<V1ResourceQuota>(Key)!.Status.Used
        .OrderBy(amount => amount.Key, StringComparer.Ordinal).Select(amount => $"{amount.Key}={Quantity.From(amount.Value)}"));
}
