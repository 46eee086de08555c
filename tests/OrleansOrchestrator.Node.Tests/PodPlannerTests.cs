using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Status;
using OrleansOrchestrator.Node.Tests.Fakes;
using static OrleansOrchestrator.Node.Tests.Fakes.TestViews;

namespace OrleansOrchestrator.Node.Tests;

public sealed class PodPlannerTests
{
    private readonly RestartBackoff _restarts = new(new Backoff(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5)));

    [Fact]
    public void Plan_NothingThere_CreatesTheSandboxFirst()
    {
        var plan = PodPlanner.Plan(View(TestPods.Shell("a", ""), null));

        plan.CreateSandbox.ShouldBeTrue();
        plan.Starts.ShouldBeEmpty();
    }

    [Fact]
    public void Plan_SandboxReady_StartsAllContainersAtOnce()
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers.Add(TestPods.Container("second", ""));

        PodPlanner.Plan(View(pod, Sandbox())).Starts.Select(s => s.Container.Name).ShouldBe(["main", "second"]);
    }

    [Fact]
    public void Plan_EphemeralContainer_StartsOnceWhateverTheOthersDo()
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.InitContainers = [TestPods.Container("init", "")];
        pod.Spec.EphemeralContainers = [new V1EphemeralContainer { Name = "tools", Image = "tools:1" }];

        PodPlanner.Plan(View(pod, Sandbox())).Starts.Select(s => s.Container.Name).ShouldBe(["tools", "init"]);
        PodPlanner.Plan(View(pod, Sandbox(Running("tools"), Exited("init", 0), Running("main")))).HasActions.ShouldBeFalse();

        var ended = View(pod, Sandbox(Exited("tools", 1), Exited("init", 0), Running("main")));
        PodPlanner.Plan(ended).HasActions.ShouldBeFalse();
        var status = PodStatusBuilder.Build(ended, "192.0.2.1", "test");
        status.Phase.ShouldBe("Running");
        var tools = status.EphemeralContainerStatuses.Single();
        (tools.Name, tools.Ready, tools.State.Terminated?.ExitCode, tools.State.Waiting).ShouldBe(("tools", false, 1, null));

        pod.Status = status;
        PodPlanner.Plan(View(pod, Sandbox(Exited("init", 0), Running("main")))).HasActions.ShouldBeFalse("the reported end counts when the runtime has lost it");
    }

    [Fact]
    public void Plan_SecondRestartWithinTheBackOff_WaitsForIt()
    {
        var ended = Exited("main", 1, attempt: 1) with { FinishedAt = Now.AddSeconds(-3) };
        _restarts.Record("main", Now.AddSeconds(-4), Now.AddSeconds(-4));
        var view = View(TestPods.Shell("a", ""), Sandbox(ended));

        var plan = PodPlanner.Plan(view);
        var status = PodStatusBuilder.Build(view, "192.0.2.1", "test");

        plan.Starts.ShouldBeEmpty();
        plan.WakeAt.ShouldBe(Now.AddSeconds(7));
        status.Phase.ShouldBe("Running");
        status.ContainerStatuses[0].State.Waiting.Reason.ShouldBe("CrashLoopBackOff");
        status.ContainerStatuses[0].LastState.Terminated.ExitCode.ShouldBe(1);
        status.ContainerStatuses[0].RestartCount.ShouldBe(1);
    }

    [Fact]
    public void Plan_InitContainerFailedWithNever_FailsThePod()
    {
        var pod = TestPods.Shell("a", "", "Never");
        pod.Spec.InitContainers = [TestPods.Container("init", "")];
        var view = View(pod, Sandbox(Exited("init", 2)));

        PodPlanner.Plan(view).StopSandbox.ShouldBeTrue();
        var status = PodStatusBuilder.Build(view, "192.0.2.1", "test");
        status.Phase.ShouldBe("Failed");
        status.ContainerStatuses[0].State.Waiting.Reason.ShouldBe("PodInitializing");
    }

    [Fact]
    public void Status_PodThatIsDeletedBeforeItHasStarted_HasFailed()
    {
        var pod = TestPods.Shell("a", "");
        pod.Metadata.DeletionTimestamp = Now.UtcDateTime;

        PodStatusBuilder.Build(View(pod, null), "192.0.2.1", "test").Phase.ShouldBe("Failed");
    }

    [Fact]
    public void Status_ContainersThatWaitForTheirTurn_SayWhatTheyWaitFor()
    {
        var pod = TestPods.Shell("a", "");
        PodStatusBuilder.Build(View(pod, null), "192.0.2.1", "test").ContainerStatuses[0].State.Waiting.Reason.ShouldBe("ContainerCreating");

        pod.Spec.InitContainers = [TestPods.Container("one", ""), TestPods.Container("two", "")];
        var status = PodStatusBuilder.Build(View(pod, null), "192.0.2.1", "test");
        status.InitContainerStatuses.Concat(status.ContainerStatuses).ShouldAllBe(container => container.State.Waiting.Reason == "PodInitializing");
    }

    [Fact]
    public void Status_PodThatNoSchedulerPlaced_IsScheduledAllTheSame()
    {
        var condition = PodStatusBuilder.Build(View(TestPods.Shell("a", ""), null), "192.0.2.1", "test").Conditions.Single(c => c.Type == "PodScheduled");

        (condition.Status, condition.Reason).ShouldBe(("True", null));
    }

    [Fact]
    public void Plan_SidecarRuns_LetsTheNextStart()
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.InitContainers = [TestPods.Container("sidecar", "") with { RestartPolicy = "Always" }];

        PodPlanner.Plan(View(pod, Sandbox())).Starts.Single().Container.Name.ShouldBe("sidecar");
        PodPlanner.Plan(View(pod, Sandbox(Running("sidecar")))).Starts.Single().Container.Name.ShouldBe("main");
    }

    [Fact]
    public void Plan_Deleted_SignalsThenKillsThenFinishes()
    {
        var pod = Deleted(TestPods.Shell("a", ""), 30);
        var running = Sandbox(Running("main"));

        var first = PodPlanner.Plan(View(pod, running)).Stops.Single();
        first.Step.ShouldBe(StopStep.Terminate);
        first.Grace.ShouldBe(TimeSpan.FromSeconds(30));
        var asked = View(pod, running) with { Stopping = Stopping(30, killed: false) };
        PodPlanner.Plan(asked).ShouldSatisfyAllConditions(p => p.Stops.ShouldBeEmpty(), p => p.WakeAt.ShouldBe(Now.AddSeconds(30)));
        PodPlanner.Plan(asked with { Now = Now.AddSeconds(30) }).Stops.Single().Step.ShouldBe(StopStep.Kill);
        var ended = View(pod, Sandbox(Exited("main", 137)) with { IsReady = false });
        PodPlanner.Plan(ended).Finish.ShouldBeTrue();
        PodStatusBuilder.Build(ended, "192.0.2.1", "test").Phase.ShouldBe("Failed");
    }

    [Fact]
    public void Plan_DeletedAgainWithAShorterGrace_KillsOnceThatHasPassedSinceTheSignal()
    {
        var view = View(Deleted(TestPods.Shell("a", ""), 5), Sandbox(Running("main"))) with { Stopping = Stopping(30, killed: false) };

        // However often it is looked at before.
        for (var seconds = 0; seconds < 5; seconds++)
            PodPlanner.Plan(view with { Now = Now.AddSeconds(seconds) }).ShouldSatisfyAllConditions(p => p.Stops.ShouldBeEmpty(), p => p.WakeAt.ShouldBe(Now.AddSeconds(5)));
        PodPlanner.Plan(view with { Now = Now.AddSeconds(5) }).Stops.Single().Step.ShouldBe(StopStep.Kill);

        // As with the kubelet, none has less than a second.
        var atOnce = View(Deleted(TestPods.Shell("a", ""), 0), Sandbox(Running("main"))) with { Stopping = Stopping(30, killed: false) };
        PodPlanner.Plan(atOnce).WakeAt.ShouldBe(Now.AddSeconds(1));
        PodPlanner.Plan(atOnce with { Now = Now.AddSeconds(1) }).Stops.Single().Step.ShouldBe(StopStep.Kill);
    }

    [Fact]
    public void Plan_DeletedWithAPreStopHook_SignalsWhenTheHookHasEndedAndAtLeastTwoSecondsBeforeTheKill()
    {
        var pod = Deleted(TestPods.Shell("a", ""), 30);
        pod.Spec.Containers[0].Lifecycle = new V1Lifecycle { PreStop = new V1LifecycleHandler { Exec = new V1ExecAction { Command = ["true"] } } };
        var view = View(pod, Sandbox(Running("main")));

        var hook = PodPlanner.Plan(view).Stops.Single();
        (hook.Step, hook.Message).ShouldBe((StopStep.Hook, "Stopping container main"));
        var hooked = view with { Stopping = Progress("main.0", StopStep.Hook, 30) };
        PodPlanner.Plan(hooked).ShouldSatisfyAllConditions(p => p.Stops.ShouldBeEmpty(), p => p.WakeAt.ShouldBe(Now.AddSeconds(30)));
        var ended = PodPlanner.Plan(hooked with { Now = Now.AddSeconds(10), EndedHooks = new HashSet<string> { "main.0" } }).Stops.Single();
        (ended.Step, ended.Grace).ShouldBe((StopStep.Terminate, TimeSpan.FromSeconds(20)));
        var late = PodPlanner.Plan(hooked with { Now = Now.AddSeconds(30) }).Stops.Single();
        (late.Step, late.Grace).ShouldBe((StopStep.Terminate, TimeSpan.FromSeconds(2)));
        PodPlanner.Plan(hooked with { IsFenced = true }).Stops.Single().Step.ShouldBe(StopStep.Kill);
    }

    [Fact]
    public void Plan_DeletedWithSidecars_StopsThemAfterTheOthersInReverseOrder()
    {
        var pod = Deleted(TestPods.Shell("a", ""), 30);
        pod.Spec.InitContainers = [TestPods.Container("first", "") with { RestartPolicy = "Always" }, TestPods.Container("second", "") with { RestartPolicy = "Always" }];
        var view = View(pod, Sandbox(Running("first"), Running("second"), Running("main")));

        PodPlanner.Plan(view).Stops.Single().Container.Name.ShouldBe("main");
        var asked = Progress("main.0", StopStep.Terminate, 30);
        var second = PodPlanner.Plan(View(pod, Sandbox(Running("first"), Running("second"), Exited("main", 0))) with { Now = Now.AddSeconds(12), Stopping = asked, EndBegan = Now }).Stops.Single();
        (second.Container.Name, second.Grace).ShouldBe(("second", TimeSpan.FromSeconds(18)));
        var first = PodPlanner.Plan(View(pod, Sandbox(Running("first"), Exited("second", 0), Exited("main", 0))) with { Now = Now.AddSeconds(31), Stopping = asked, EndBegan = Now }).Stops.Single();
        (first.Container.Name, first.Grace).ShouldBe(("first", TimeSpan.FromSeconds(2)));
        PodPlanner.Plan(view with { IsFenced = true }).Stops.Count.ShouldBe(3);
    }

    [Fact]
    public void Plan_PostStartHookFailed_EndsTheContainer()
    {
        var view = View(TestPods.Shell("a", ""), Sandbox(Running("main"))) with { FailedStarts = new HashSet<string> { "main.0" } };

        PodPlanner.Plan(view).Stops.Single().Message.ShouldBe("FailedPostStartHook");
    }

    [Fact]
    public void Plan_ProbeWithAGracePeriodOfItsOwn_EndsTheContainerWithin()
    {
        var view = View(TestPods.Shell("a", ""), Sandbox(Running("main"))) with
        {
            Health = new Dictionary<string, ContainerHealth> { ["main.0"] = new(true, true, "liveness") { RestartGrace = TimeSpan.FromSeconds(7) } },
        };

        PodPlanner.Plan(view).Stops.Single().Grace.ShouldBe(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void Plan_KilledAMomentAgo_DoesNotKillAgainAtOnce()
    {
        var view = View(TestPods.Shell("a", ""), Sandbox(Running("main"))) with { IsFenced = true };

        PodPlanner.Plan(view).Stops.Single().Step.ShouldBe(StopStep.Kill);
        PodPlanner.Plan(view with { Stopping = Stopping(2, killed: true) }).HasActions.ShouldBeFalse();
    }

    [Fact]
    public void Plan_DeadlinePassed_FailsThePod()
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.ActiveDeadlineSeconds = 60;
        var view = View(pod, Sandbox(Running("main")));

        PodPlanner.Plan(view).WakeAt.ShouldBe(Now.AddSeconds(60));
        PodPlanner.Plan(view with { Now = Now.AddSeconds(60) }).Failure.ShouldBe(PodFailures.DeadlineExceeded);
    }

    [Fact]
    public void Status_FailedPodThatStillRuns_SaysThatItHasFailedOnlyAfterwards()
    {
        var pod = TestPods.Shell("a", "");
        pod.Status.Phase = "Running";
        var view = View(pod, Sandbox(Running("main"))) with { Failure = PodFailures.NodeShutdown };

        var ending = PodStatusBuilder.Build(view, "192.0.2.1", "test");
        (ending.Phase, ending.Reason, ending.Message).ShouldBe(("Running", null, null));
        ending.Conditions.Single(c => c.Type == "Ready").Status.ShouldBe("False");
        ending.Conditions.ShouldNotContain(c => c.Type == "DisruptionTarget");

        var ended = PodStatusBuilder.Build(view with { Sandbox = Sandbox(Exited("main", 0)) }, "192.0.2.1", "test");
        (ended.Phase, ended.Reason, ended.Message).ShouldBe(("Failed", PodFailures.NodeShutdown.Reason, PodFailures.NodeShutdown.Message));
        ended.Conditions.ShouldContain(c => c.Type == "DisruptionTarget");
    }

    [Theory]
    [InlineData("main", 0, "Succeeded")]
    [InlineData("init", 2, "Failed")]
    public void Status_SidecarStillRuns_ThePodEndsWithIt(string ended, int exitCode, string phase)
    {
        var pod = TestPods.Shell("a", "", "Never");
        pod.Spec.InitContainers = [TestPods.Container("sidecar", "") with { RestartPolicy = "Always" }, TestPods.Container("init", "")];

        PodStatusBuilder.Build(View(pod, Sandbox(Running("sidecar"), Exited(ended, exitCode))), "192.0.2.1", "test").Phase.ShouldBe("Pending");
        PodStatusBuilder.Build(View(pod, Sandbox(Exited("sidecar", 143), Exited(ended, exitCode))), "192.0.2.1", "test").Phase.ShouldBe(phase);
    }

    [Fact]
    public void Plan_ContainerWithOtherResourcesThanGranted_GetsThemOnceWithoutARestart()
    {
        var pod = Limited("500m", "64Mi");
        var old = new CgroupResources(102, 10_000, 64 << 20);
        var view = View(pod, Sandbox(Running("main") with { Resources = old }));

        var update = PodPlanner.Plan(view).Updates.ShouldHaveSingleItem();

        update.Resources.ShouldBe(new CgroupResources(512, 50_000, 64 << 20));
        var status = PodStatusBuilder.Build(view, "192.0.2.1", "test");
        status.Conditions.Single(c => c.Type == "PodResizeInProgress").Status.ShouldBe("True");
        var container = status.ContainerStatuses[0];
        (container.AllocatedResources["cpu"].ToString(), container.Resources.Requests["cpu"].ToString(), container.Resources.Limits["cpu"].ToString(), container.Resources.Limits["memory"].ToString())
            .ShouldBe(("500m", "100m", "100m", "64Mi"), "what it has, not what it will have");

        // An engine that leaves something out is not asked for ever.
        var accepted = view with { Updated = new Dictionary<string, CgroupResources> { ["main.0"] = update.Resources } };
        PodPlanner.Plan(accepted).HasActions.ShouldBeFalse();
        PodStatusBuilder.Build(accepted, "192.0.2.1", "test").Conditions.ShouldNotContain(c => c.Type == "PodResizeInProgress");
    }

    [Theory]
    [InlineData("cpu", "500m", "64Mi", true)]
    [InlineData("memory", "500m", "64Mi", false)]
    [InlineData("memory", "100m", "32Mi", true)]
    [InlineData("cpu", "100m", "32Mi", false)]
    public void Plan_ResizeOfAResourceWhosePolicyIsRestart_RestartsTheContainer(string resource, string cpu, string memory, bool restarts)
    {
        var pod = Limited(cpu, memory);
        pod.Spec.Containers[0].ResizePolicy = [new V1ContainerResizePolicy { ResourceName = resource, RestartPolicy = "RestartContainer" }];

        var plan = PodPlanner.Plan(View(pod, Sandbox(Running("main") with { Resources = new CgroupResources(102, 10_000, 64 << 20) })));

        (plan.Stops.Count, plan.Updates.Count).ShouldBe(restarts ? (1, 0) : (0, 1));
        if (restarts)
            plan.Stops[0].Message.ShouldBe("Container main resize requires restart");
    }

    [Fact]
    public void Plan_ResizeThatFailed_IsTriedAgainLaterAndTold()
    {
        var view = View(Limited("500m", "64Mi"), Sandbox(Running("main") with { Resources = new CgroupResources(102, 10_000, 64 << 20) })) with
        {
            RetryAt = new Dictionary<string, DateTimeOffset> { [ContainerResize.KeyOf("main")] = Now.AddSeconds(3) },
            UpdateFaults = new Dictionary<string, string> { ["main"] = "device or resource busy" },
        };

        var plan = PodPlanner.Plan(view);

        (plan.HasActions, plan.WakeAt).ShouldBe((false, Now.AddSeconds(3)));
        var condition = PodStatusBuilder.Build(view, "192.0.2.1", "test").Conditions.Single(c => c.Type == "PodResizeInProgress");
        (condition.Status, condition.Reason, condition.Message).ShouldBe(("True", "Error", "device or resource busy"));
    }

    [Fact]
    public void Status_OfAnyPod_TellsResourcesAndTheGenerationThatItIsAbout()
    {
        var pod = Limited("500m", "64Mi");
        pod.Metadata.Generation = 7;
        pod.Spec.Containers.Add(TestPods.Container("bare", ""));

        var status = PodStatusBuilder.Build(
            View(pod, Sandbox(Running("main"), Running("bare"))) with { Resize = new PodResizeState { Pending = new PendingResize("Deferred", "full") } }, "192.0.2.1", "test");

        status.ObservedGeneration.ShouldBe(7);
        status.Conditions.ShouldAllBe(condition => condition.ObservedGeneration == 7);
        var pending = status.Conditions.Single(c => c.Type == "PodResizePending");
        (pending.Status, pending.Reason, pending.Message).ShouldBe(("True", "Deferred", "full"));
        status.ContainerStatuses[0].Resources.Limits["memory"].ToString().ShouldBe("64Mi");
        (status.ContainerStatuses[1].Resources, status.ContainerStatuses[1].AllocatedResources).ShouldBe((new V1ResourceRequirements(), null));
    }

    [Theory]
    [InlineData("0", 2, 0)]
    [InlineData("1m", 2, 1000)]
    [InlineData("250m", 256, 25_000)]
    [InlineData("1", 1024, 100_000)]
    [InlineData("2500m", 2560, 250_000)]
    public void Resources_InTheKernelsMeasures_ReadBackAsTheyWere(string cpu, long shares, long quota)
    {
        var resources = CgroupResources.Of(ContainerAmounts.Of(Limited(cpu, "64Mi").Spec.Containers[0]));

        resources.ShouldBe(new CgroupResources(shares, quota, 64 << 20));
        CgroupResources.Of(shares, quota, CpuQuota.PeriodMicroseconds, 64 << 20).ShouldBe(resources);
    }

    private static V1Pod Limited(string cpu, string memory)
    {
        var pod = TestPods.Shell("a", "");
        var amounts = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu), ["memory"] = new(memory) };
        pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Requests = amounts, Limits = amounts };
        return pod;
    }

    [Fact]
    public void Plan_RuntimeLostARunOnceContainer_DoesNotRunItAgain()
    {
        var pod = TestPods.Shell("a", "", "Never");
        pod.Status = PodStatusBuilder.Build(View(pod, Sandbox(Exited("main", 0))), "192.0.2.1", "test") with { Phase = "Running" };

        PodPlanner.Plan(View(pod, null)).HasActions.ShouldBeFalse();
    }

    [Fact]
    public void Status_ProbeNotYetGood_IsNotReady()
    {
        var view = View(TestPods.Shell("a", ""), Sandbox(Running("main"))) with
        {
            Health = new Dictionary<string, ContainerHealth> { ["main.0"] = new(true, false, null) },
        };

        var status = PodStatusBuilder.Build(view, "192.0.2.1", "test");

        status.Phase.ShouldBe("Running");
        var ready = status.Conditions.Single(c => c.Type == "Ready");
        ready.Status.ShouldBe("False");
        ready.Message.ShouldBe("containers with unready status: [main]");
    }

    [Fact]
    public void Status_ConditionUnchanged_KeepsItsTransitionTime()
    {
        var pod = TestPods.Shell("a", "");
        var first = PodStatusBuilder.Build(View(pod, Sandbox(Running("main"))), "192.0.2.1", "test");
        pod.Status = first;

        var later = PodStatusBuilder.Build(View(pod, Sandbox(Running("main"))) with { Now = Now.AddHours(1) }, "192.0.2.1", "test");

        later.Conditions.ShouldBe(first.Conditions);
    }

    private PodView View(V1Pod pod, PodSandbox? sandbox) => Of(pod, sandbox) with { Restarts = _restarts };

    private static Dictionary<string, StopProgress> Stopping(int graceSeconds, bool killed) => Progress("main.0", killed ? StopStep.Kill : StopStep.Terminate, graceSeconds);
}
