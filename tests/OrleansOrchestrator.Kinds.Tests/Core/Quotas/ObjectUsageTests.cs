using k8s;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Tests.Core.Quotas;

public sealed class ObjectUsageTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Pod_TakesWhatItsContainersAskFor_ByEveryNameThatQuotasHaveForIt() =>
        Told(Pod([Container("a", "cpu=100m,memory=64Mi,example.org/card=1,hugepages-2Mi=2Mi", "cpu=1,example.org/card=1,hugepages-2Mi=2Mi"), Container("b", "cpu=200m", "memory=1Gi")]))
            .ShouldBe("count/pods=1 cpu=300m hugepages-2Mi=2Mi limits.cpu=1 limits.memory=1Gi memory=64Mi pods=1 requests.cpu=300m "
                + "requests.example.org/card=1 requests.hugepages-2Mi=2Mi requests.memory=64Mi");

    [Fact]
    public void Pod_WithInitContainersAndSidecars_TakesTheHighestStep()
    {
        var pod = Pod([Container("main", "cpu=1")]);
        var sidecar = Container("sidecar", "cpu=200m");
        sidecar.RestartPolicy = "Always";
        pod.Spec.InitContainers = [Container("first", "cpu=1"), sidecar, Container("second", "cpu=1500m")];
        pod.Spec.Overhead = Amounts("cpu=100m");

        Told(pod).ShouldContain(" cpu=1800m ");
    }

    [Fact]
    public void Pod_WithResourcesAsAWholeThatNobodyHoldsItTo_TakesWhatItsContainersRequest()
    {
        var pod = Pod([Container("main", "cpu=1")]);
        pod.Spec.Resources = new V1ResourceRequirements { Requests = Amounts("cpu=1m"), Limits = Amounts("memory=1Gi") };

        Told(pod).ShouldBe("count/pods=1 cpu=1 pods=1 requests.cpu=1");
    }

    [Theory]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    public void Pod_ThatHasEnded_IsOnlyCounted(string phase)
    {
        var pod = Pod([Container("main", "cpu=1")]);
        pod.Status = new V1PodStatus { Phase = phase };

        Told(pod).ShouldBe("count/pods=1");
    }

    [Theory]
    [InlineData(-31, "count/pods=1")]
    [InlineData(-30, "count/pods=1 cpu=1 pods=1 requests.cpu=1")]
    [InlineData(0, "count/pods=1 cpu=1 pods=1 requests.cpu=1")]
    public void Pod_ThatShouldHaveGone_IsOnlyCounted(int deletedSeconds, string expected)
    {
        var pod = Pod([Container("main", "cpu=1")]);
        (pod.Metadata.DeletionTimestamp, pod.Metadata.DeletionGracePeriodSeconds) = (Now.UtcDateTime.AddSeconds(deletedSeconds), 30);

        Told(pod).ShouldBe(expected);
    }

    [Theory]
    [InlineData("ClusterIP", null, "count/services=1 services=1 services.loadbalancers=0 services.nodeports=0")]
    [InlineData("NodePort", null, "count/services=1 services=1 services.loadbalancers=0 services.nodeports=2")]
    [InlineData("LoadBalancer", null, "count/services=1 services=1 services.loadbalancers=1 services.nodeports=2")]
    [InlineData("LoadBalancer", false, "count/services=1 services=1 services.loadbalancers=1 services.nodeports=1")]
    public void Service_TakesItsPortsOnNodes(string type, bool? allocates, string expected) => Told(new V1Service
    {
        Metadata = new V1ObjectMeta(),
        Spec = new V1ServiceSpec
        {
            Type = type,
            AllocateLoadBalancerNodePorts = allocates,
            Ports = [new V1ServicePort { Port = 80, NodePort = 30080 }, new V1ServicePort { Port = 81 }],
        },
    }).ShouldBe(expected);

    [Fact]
    public void Claim_TakesStorageAlsoOfItsClass() => Told(new V1PersistentVolumeClaim
    {
        Metadata = new V1ObjectMeta(),
        Spec = new V1PersistentVolumeClaimSpec { StorageClassName = "gold", Resources = new V1VolumeResourceRequirements { Requests = Amounts("storage=5Gi") } },
    }).ShouldBe("count/persistentvolumeclaims=1 gold.storageclass.storage.k8s.io/persistentvolumeclaims=1 "
        + "gold.storageclass.storage.k8s.io/requests.storage=5Gi persistentvolumeclaims=1 requests.storage=5Gi");

    [Theory]
    [InlineData("secrets", "", "count/secrets=1 secrets=1")]
    [InlineData("deployments", "apps", "count/deployments.apps=1")]
    [InlineData("secrets", "example.org", "count/secrets.example.org=1")]
    public void Object_OfAnyOtherKind_IsCounted(string plural, string group, string expected) =>
        Told(ObjectUsage.OfAny(new ResourceName(plural, group))).ShouldBe(expected);

    [Theory]
    [InlineData("pods", "pods")]
    [InlineData("limits.cpu", "pods")]
    [InlineData("requests.example.org/card", "pods")]
    [InlineData("count/pods", "pods")]
    [InlineData("services.nodeports", "services")]
    [InlineData("requests.storage", "persistentvolumeclaims")]
    [InlineData("gold.storageclass.storage.k8s.io/requests.storage", "persistentvolumeclaims")]
    [InlineData("configmaps", "configmaps")]
    [InlineData("count/widgets.example.org", "widgets.example.org")]
    public void ResourceOf_AnyName_IsTheOneThatIsCounted(string name, string expected) => ObjectUsage.ResourceOf(name).ToString().ShouldBe(expected);

    [Fact]
    public void IsSurelySame_PodOfWhichOnlyWhatDoesNotCountDiffers_IsTrue()
    {
        IsSurelySame(APod(), pod => pod.Status.HostIP = "10.0.0.1").ShouldBeTrue();
        IsSurelySame(APod(), pod => pod.Metadata.Labels = new Dictionary<string, string> { ["a"] = "b" }).ShouldBeTrue();

        IsSurelySame(APod(), pod => pod.Status.Phase = "Failed").ShouldBeFalse();
        IsSurelySame(APod(), pod => pod.Spec.ActiveDeadlineSeconds = 5).ShouldBeFalse();
        IsSurelySame(APod(), pod => pod.Metadata.DeletionTimestamp = Now.UtcDateTime).ShouldBeFalse();

        static V1Pod APod()
        {
            var pod = Pod([Container("a", "cpu=1")]);
            pod.Status = new V1PodStatus { Phase = "Running" };
            return pod;
        }
    }

    [Theory]
    [InlineData("cpu=1", "cpu=1", "", "1")]
    [InlineData("cpu=2", "cpu=2", "", "2")]
    [InlineData("cpu=1", "cpu=2", "", "2")]
    [InlineData("cpu=2", "cpu=1", "", "2")]
    [InlineData("cpu=500m", "cpu=500m", "Deferred", "1")]
    [InlineData("cpu=500m", "cpu=500m", "Infeasible", "500m")]
    public void Pod_ThatIsResized_TakesTheMostOfWhatItAsksForAndHas(string allocated, string actual, string pending, string expected)
    {
        var pod = Pod([Container("a", "cpu=1")]);
        pod.Status = new V1PodStatus { ContainerStatuses = [StatusOf(allocated, actual)], Conditions = [new V1PodCondition { Type = "PodResizePending", Status = pending.Length > 0 ? "True" : "False", Reason = pending }] };

        Told(pod).ShouldContain($" requests.cpu={expected}");
    }

    [Fact]
    public void IsSurelySame_PodWithOtherResourcesInItsStatus_IsFalse()
    {
        IsSurelySame(APod(), pod => pod.Status.ContainerStatuses = [StatusOf("cpu=1", "cpu=1")]).ShouldBeTrue();
        IsSurelySame(APod(), pod => pod.Status.ContainerStatuses = [StatusOf("cpu=1", "cpu=2")]).ShouldBeFalse();
        IsSurelySame(APod(), pod => pod.Status.ContainerStatuses = [StatusOf("cpu=2", "cpu=1")]).ShouldBeFalse();
        IsSurelySame(APod(), pod => pod.Status.ContainerStatuses = null).ShouldBeFalse();
        IsSurelySame(APod(), pod => pod.Status.Conditions = [new V1PodCondition { Type = "PodResizePending", Status = "True", Reason = "Infeasible" }]).ShouldBeFalse();

        static V1Pod APod()
        {
            var pod = Pod([Container("a", "cpu=1")]);
            pod.Status = new V1PodStatus { ContainerStatuses = [StatusOf("cpu=1", "cpu=1")] };
            return pod;
        }
    }

    private static V1ContainerStatus StatusOf(string allocated, string actual) =>
        new() { Name = "a", AllocatedResources = Amounts(allocated), Resources = new V1ResourceRequirements { Requests = Amounts(actual) } };

    [Fact]
    public void IsSurelySame_ClaimThatGrows_IsFalse() => IsSurelySame(
        new V1PersistentVolumeClaim { Metadata = new V1ObjectMeta { Name = "c" }, Spec = new V1PersistentVolumeClaimSpec() },
        claim => claim.Status = new V1PersistentVolumeClaimStatus { AllocatedResources = Amounts("storage=5Gi") }).ShouldBeFalse();

    [Fact]
    public void IsSurelySame_ObjectThatIsOnlyCounted_IsTrue() => IsSurelySame(
        new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "c" } }, map => map.Data = new Dictionary<string, string> { ["a"] = "b" }).ShouldBeTrue();

    private static bool IsSurelySame<T>(T obj, Action<T> change)
        where T : IKubernetesObject<V1ObjectMeta>
    {
        var definition = BuiltInKinds.Registry.All.First(kind => kind.Kind == typeof(T).Name["V1".Length..]);
        var before = StoredObject.Read(definition, definition.Encode(obj));
        change(obj);
        return ObjectUsage.IsSurelySame(before, StoredObject.Read(definition, definition.Encode(obj)));
    }

    internal static V1Pod Pod(V1Container[] containers) => new() { Metadata = new V1ObjectMeta { Name = "p" }, Spec = new V1PodSpec { Containers = containers } };

    internal static V1Container Container(string name, string requests = "", string limits = "") =>
        new() { Name = name, Resources = new V1ResourceRequirements { Requests = Amounts(requests), Limits = Amounts(limits) } };

    internal static Dictionary<string, ResourceQuantity> Amounts(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => new ResourceQuantity(pair[1]));

    private static string Told(V1Pod pod) => Told(ObjectUsage.Of(WellKnownResources.Pods, pod));

    private static string Told(V1Service service) => Told(ObjectUsage.Of(WellKnownResources.Services, service));

    private static string Told(V1PersistentVolumeClaim claim) => Told(ObjectUsage.Of(WellKnownResources.PersistentVolumeClaims, claim));

    private static string Told(ObjectUsage usage) =>
        string.Join(' ', usage.At(Now).OrderBy(amount => amount.Key, StringComparer.Ordinal).Select(amount => $"{amount.Key}={amount.Value}"));
}
