using System.Text;
using k8s;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Proxy.Nftables;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Status;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing.Absurd;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The daemon reads and handles what the API takes, however absurd it is in one field.</summary>
public sealed class AbsurdObjectProperties
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NodeAgentOptions Options = new() { DataDirectory = "/nowhere" };

    [Fact]
    public void Pod_AbsurdInOneField_IsPlannedAndReported() => PlainObjects.Survey(WellKnownResources.Pods, absurd =>
    {
        var pod = AsTheDaemonReadsIt<V1Pod>(absurd.Object);
        var deleted = pod with
        {
            Metadata = pod.Metadata with { DeletionTimestamp = Now.UtcDateTime, DeletionGracePeriodSeconds = pod.Spec.TerminationGracePeriodSeconds },
        };
        foreach (var version in new[] { pod, deleted })
        {
            foreach (var sandbox in new[] { null, Sandbox(ContainerPhase.Running), Sandbox(ContainerPhase.Exited) })
                Step(version, sandbox);
        }

        SandboxSpecBuilder.Build(pod, 0, "/nowhere", null, "", Options);
        foreach (var container in pod.Spec.Containers)
        {
            ContainerSpecHash.Of(container);
            QualityOfService.OomScoreAdjust(pod, container, 8L << 30);
        }

        new FencingTimes().StopAfter(pod);
    }).ShouldBeEmpty();

    [Fact]
    public void Service_AbsurdInOneField_IsServed() => PlainObjects.Survey(WellKnownResources.Services, absurd =>
    {
        var slice = ProxiedSlice.Of((V1EndpointSlice)PlainObjects.Of(WellKnownResources.EndpointSlices), ["node-1"]);
        var service = AsTheDaemonReadsIt<V1Service>(absurd.Object);
        var routes = RouteTable.Of(service, [slice], [System.Net.IPAddress.Any], "a", 100).ToList();
        routes.Count.ShouldBeLessThanOrEqualTo(100);
        new ServiceTable(new TableSettings("table", [], [])).Set(new ObjectKey("default", "web"), routes, new TableChange());
        RouteTable.HealthOf(service, [slice]);
        LookUp(service, (V1EndpointSlice)PlainObjects.Of(WellKnownResources.EndpointSlices));
    }).ShouldBeEmpty();

    [Fact]
    public void EndpointSlice_AbsurdInOneField_IsServed() => PlainObjects.Survey(WellKnownResources.EndpointSlices, absurd =>
    {
        var service = (V1Service)PlainObjects.Of(WellKnownResources.Services);
        var catalog = new EndpointSliceCatalog(["node-1"], null);
        var slice = AsTheDaemonReadsIt<V1EndpointSlice>(absurd.Object);
        catalog.Upsert(slice);
        LookUp(DnsFixture.Service("web", "None"), slice);
        RouteTable.Of(service, catalog.Of("default", "web").Values, [System.Net.IPAddress.Any], "a", 100).Select(route => route.Value.Scope).ShouldBe([RouteScope.Cluster, RouteScope.External, RouteScope.NodePort]);
    }).ShouldBeEmpty();

    private static void LookUp(V1Service service, V1EndpointSlice slice)
    {
        var dns = new DnsFixture();
        dns.Index.Upsert(slice);
        dns.Index.Upsert(service);
        foreach (var name in new[] { "web", "a.web", "_http._tcp.web" })
            dns.Ask($"{name}.default.svc.cluster.local", ARSoft.Tools.Net.Dns.RecordType.Any).ShouldNotBeEmpty();
    }

    private static void Step(V1Pod pod, PodSandbox? sandbox)
    {
        var memory = new PodMemory(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));
        for (var step = 0; step < 3; step++)
        {
            var view = memory.View(pod, sandbox, new Dictionary<string, Node.Probes.ContainerHealth>(), isFenced: false, Now.AddHours(step), Now.AddHours(step));
            var plan = PodPlanner.Plan(view);
            PodStatusBuilder.Build(view, "192.0.2.1", "test");
            if (plan.Failure is { } failure)
                memory.Fail(failure);
            foreach (var stop in plan.Stops)
                memory.NoteStop(stop, view.Now);
            foreach (var start in plan.Starts)
                memory.NoteStarted(start, view.Now);
        }
    }

    private static PodSandbox Sandbox(ContainerPhase phase) => new()
    {
        Id = "s",
        PodUid = "u-absurd",
        PodName = "absurd",
        PodNamespace = "default",
        Attempt = 0,
        IsReady = true,
        Ip = "10.0.0.1",
        CreatedAt = Now,
        Containers =
        [
            .. new[] { "init", "web" }.Select(name => new ContainerInstance
            {
                Id = name,
                Name = name,
                Attempt = 0,
                Phase = phase,
                CreatedAt = Now,
                StartedAt = Now,
                FinishedAt = phase == ContainerPhase.Exited ? Now : null,
            }),
        ],
    };

    /// <summary>The daemon reads the API's JSON with the client library's own converters.</summary>
    private static T AsTheDaemonReadsIt<T>(IKubernetesObject<V1ObjectMeta> obj)
        where T : class =>
        KubernetesJson.Deserialize<T>(Encoding.UTF8.GetString(ObjectCodec.Encode((T)obj)));
}
