using k8s.Models;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class HollowNodeTests
{
    [Fact]
    public async Task Pod_WithThousandsOfHostPorts_GetsNoSandboxAndSaysWhy()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow, options => options with { RecordEvents = true });
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Ports = [.. Enumerable.Range(1, 20_000).Select(port => new V1ContainerPort { ContainerPort = port, HostPort = port })];
        node.Put(pod);

        var told = await Eventually.AnswersAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").FirstOrDefault(e => e.Reason == "FailedCreatePodSandBox"), "it is told");
        told.Message.ShouldContain("20000 host ports, more than the 256");
    }

    [Fact]
    public async Task Pod_Assigned_RunsAndKeepsForeignConditions()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        node.Put(TestPods.Shell("a", "sleep 1000"));

        var pod = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");

        pod.Status.Phase.ShouldBe("Running");
        pod.Status.PodIP.ShouldNotBeNullOrEmpty();
        pod.Status.HostIP.ShouldBe("127.0.0.1");
        pod.Status.QosClass.ShouldBe("BestEffort");
        TestPods.Condition(pod, "PodScheduled").ShouldBe("True");
        TestPods.Status(pod)!.ContainerID.ShouldStartWith("hollow://");
    }

    [Fact]
    public async Task Node_WhoseControlPlaneFencesByOtherTimes_TakesNoPodsAndSaysWhy()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        var path = $"api/v1/nodes/{node.Options.Name}";
        await Eventually.HoldsAsync(() => Ready()?.Status == "True", "the node is ready");
        node.Api.Get<V1Node>(path)!.Metadata.Annotations[FencingTimes.Annotation].ShouldBe(new FencingTimes().ToString());

        node.Api.FencingTimes = new FencingTimes { LeaseDuration = TimeSpan.FromSeconds(4) }.ToString();
        await Eventually.HoldsAsync(() => Ready()?.Status == "False", "the node is not ready");
        Ready()!.Message.ShouldContain("lease=4s");
        Ready()!.Message.ShouldContain("lease=8s");

        node.Api.FencingTimes = new FencingTimes().ToString();
        await Eventually.HoldsAsync(() => Ready()?.Status == "True", "the node is ready again");

        V1NodeCondition? Ready() => node.Api.Get<V1Node>(path)?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready");
    }

    [Fact]
    public async Task Pod_Ready_SaysNoLongerWhyItWasNot()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        var waiting = TestPods.Shell("a", "sleep 1000");
        waiting.Spec.InitContainers = [TestPods.Container("one", "true")];
        node.Put(waiting);
        var seen = await node.PodAsync("a", p => p.Status?.Conditions?.Any(c => c.Reason == "ContainersNotReady") is true, "it says that it is not ready");

        ((HollowRuntime)node.Agent.Runtime).EndContainer($"{seen.Metadata.Uid}.one.0", 0);

        var pod = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        pod.Status.Conditions.ShouldAllBe(condition => condition.Reason == null && condition.Message == null);
    }

    [Fact]
    public async Task Pod_WithANewAddress_ForgetsTheOldOne()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        var pod = TestPods.Shell("a", "sleep 1000");
        pod.Status = new V1PodStatus { PodIP = "192.0.2.9", PodIPs = [new V1PodIP { Ip = "192.0.2.9" }], HostIPs = [new V1HostIP { Ip = "192.0.2.8" }] };
        node.Put(pod);

        var ready = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");

        ready.Status.PodIPs.ShouldHaveSingleItem().Ip.ShouldBe(ready.Status.PodIP);
        ready.Status.HostIPs.ShouldHaveSingleItem().Ip.ShouldBe("127.0.0.1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pods_ThatAreGoneOrHaveEndedInANewList_MakeRoomForTheOthersInIt(bool isGone)
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        var first = node.Put(OnHostPort("first", DateTime.UnixEpoch.AddDays(1)));
        await node.PodAsync("first", TestPods.IsReady, "it runs");

        await node.Api.PauseAsync();
        if (isGone)
            node.Api.Remove(first);
        else
            node.Api.Change(first, pod => pod["status"]!["phase"] = "Failed");
        node.Put(OnHostPort("older", DateTime.UnixEpoch));
        node.Api.Compact();
        await node.Api.ResumeAsync();

        var older = await node.PodAsync("older", pod => pod.Status.Phase != "Pending", "it is judged");
        (older.Status.Phase, older.Status.Reason).ShouldBe(("Running", null));

        static V1Pod OnHostPort(string name, DateTime created)
        {
            var pod = TestPods.Shell(name, "sleep 1000");
            pod.Metadata.CreationTimestamp = created;
            pod.Spec.Containers[0].Ports = [new V1ContainerPort { ContainerPort = 80, HostPort = 8080 }];
            return pod;
        }
    }

    [Fact]
    public async Task Pod_ThatSomebodyElseFails_EndsAndStaysFailed()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        var path = node.Put(TestPods.Shell("a", "sleep 1000"));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");

        node.Api.Change(path, pod => pod["status"]!["phase"] = "Failed");

        var ended = await node.PodAsync("a", pod => TestPods.Status(pod)?.State.Terminated is not null, "its container has ended");
        ended.Status.Phase.ShouldBe("Failed");
    }

    [Fact]
    public async Task Pod_Deleted_IsReportedEndedAndRemoved()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        node.Put(TestPods.Shell("a", "sleep 1000"));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");

        node.Delete("a", 30);

        await Eventually.HoldsAsync(() => node.Pod("a") is null, "the pod is gone");
        await Eventually.HoldsAsync(() => !node.Agent.Pods.Workers.Any(), "the worker has ended");
    }

    [Fact]
    public async Task Container_EndsWithRestartPolicyAlways_RestartsWithCountAndLastState()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        node.Put(TestPods.Shell("a", "sleep 1000"));
        var pod = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        var runtime = (HollowRuntime)node.Agent.Runtime;

        runtime.EndContainer($"{pod.Metadata.Uid}.main.0", 3);

        pod = await node.PodAsync("a", p => TestPods.Status(p)?.RestartCount == 1 && TestPods.IsReady(p), "it was restarted");
        TestPods.Status(pod)!.LastState.Terminated.ExitCode.ShouldBe(3);

        // The second end waits for the back-off.
        runtime.EndContainer($"{pod.Metadata.Uid}.main.1", 4);
        pod = await node.PodAsync("a", p => TestPods.Status(p)?.State.Waiting?.Reason == "CrashLoopBackOff", "it backs off");
        TestPods.Status(pod)!.State.Waiting.Message.ShouldContain("back-off 500ms restarting failed container=main pod=a_default(");
        await node.PodAsync("a", p => TestPods.Status(p)?.RestartCount == 2 && TestPods.IsReady(p), "it was restarted again");
    }

    [Fact]
    public async Task Container_EndsWithRestartPolicyNever_CompletesThePod()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        node.Put(TestPods.Shell("good", "true", "Never"));
        node.Put(TestPods.Shell("bad", "false", "Never"));
        var good = await node.PodAsync("good", TestPods.IsReady, "good is ready");
        var bad = await node.PodAsync("bad", TestPods.IsReady, "bad is ready");
        var runtime = (HollowRuntime)node.Agent.Runtime;

        runtime.EndContainer($"{good.Metadata.Uid}.main.0", 0);
        runtime.EndContainer($"{bad.Metadata.Uid}.main.0", 1);

        good = await node.PodAsync("good", p => p.Status.Phase == "Succeeded", "good has succeeded");
        TestPods.Status(good)!.State.Terminated.Reason.ShouldBe("Completed");
        bad = await node.PodAsync("bad", p => p.Status.Phase == "Failed", "bad has failed");
        TestPods.Status(bad)!.State.Terminated.Reason.ShouldBe("Error");
    }

    [Fact]
    public async Task InitContainers_Assigned_RunInOrderBeforeTheOthers()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        var pod = TestPods.Shell("a", "sleep 1000");
        pod.Spec.InitContainers = [TestPods.Container("one", "true"), TestPods.Container("two", "true")];
        node.Put(pod);
        var runtime = (HollowRuntime)node.Agent.Runtime;

        var seen = await node.PodAsync("a", p => TestPods.Status(p, "one")?.State.Running is not null, "the first runs");
        TestPods.Status(seen, "two")!.State.Waiting.Reason.ShouldBe("PodInitializing");
        TestPods.Status(seen)!.State.Waiting.Reason.ShouldBe("PodInitializing");
        seen.Status.Phase.ShouldBe("Pending");
        TestPods.Condition(seen, "Initialized").ShouldBe("False");
        runtime.EndContainer($"{seen.Metadata.Uid}.one.0", 0);
        await node.PodAsync("a", p => TestPods.Status(p, "two")?.State.Running is not null, "the second runs");
        runtime.EndContainer($"{seen.Metadata.Uid}.two.0", 0);

        seen = await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        TestPods.Condition(seen, "Initialized").ShouldBe("True");
    }

    [Fact]
    public async Task Node_Started_RegistersWithLeaseAndStatus()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow, o => o with { Labels = new Dictionary<string, string> { ["zone"] = "z1" } });
        var name = node.Options.Name;

        var found = await Eventually.AnswersAsync(() => node.Api.Get<V1Node>($"api/v1/nodes/{name}"), "the node is registered");
        await Eventually.HoldsAsync(
            () => node.Api.Get<V1Lease>($"apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}")?.Spec.HolderIdentity == name, "the lease is held");

        found.Metadata.Labels["kubernetes.io/hostname"].ShouldBe(name);
        found.Metadata.Labels["zone"].ShouldBe("z1");
        found.Status.Conditions.Single(c => c.Type == "Ready").Reason.ShouldBe("KubeletReady");
        found.Status.Capacity["pods"].ToInt32().ShouldBe(110);
    }

    [Fact]
    public async Task Pod_GoneFromTheApiDuringAnOutage_IsRemovedAfterIt()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Hollow);
        node.Put(TestPods.Shell("a", "sleep 1000"));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");

        await node.Api.PauseAsync();
        node.Api.Remove(TestNode.PathOf("a"));
        node.Api.Compact();
        node.Put(TestPods.Shell("b", "sleep 1000"));
        await node.Api.ResumeAsync();

        await node.PodAsync("b", TestPods.IsReady, "the new pod is ready");
        await Eventually.IsAsync(() => node.Agent.Pods.Workers.Count(), 1, "the old pod is removed");
    }
}
