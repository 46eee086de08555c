using k8s.Models;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Status;
using OrleansOrchestrator.Node.Tests.Fakes;
using static OrleansOrchestrator.Node.Tests.Fakes.TestViews;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Who is started anew, who waits for whom, and what the status says meanwhile.</summary>
public sealed class PodRestartTests
{
    private static readonly ContainerHealth Bad = new(true, true, "liveness");

    [Fact]
    public void Plan_SidecarIsDown_HoldsUpNobodyOnceAnAppContainerHasStarted()
    {
        var pod = WithSidecar();
        pod.Spec.Containers.Add(TestPods.Container("other", ""));
        pod.Spec.InitContainers.Insert(0, Sidecar("first"));
        var sandbox = Sandbox(Exited("sidecar", 1, attempt: 3), Exited("first", 1), Exited("main", 1), Running("other"));
        var view = Of(pod, sandbox) with { Health = Health("other.0", Bad) };
        view.Restarts.Record("sidecar", Now, Now);

        var plan = PodPlanner.Plan(view);

        plan.Starts.Select(start => start.Container.Name).ShouldBe(["first", "main"]);
        plan.Stops.Single().Container.Name.ShouldBe("other");
    }

    [Fact]
    public void Plan_SidecarThatHasNotStarted_HoldsUpNobodyWhoRanBefore()
    {
        var view = Of(WithSidecar(), Sandbox(Running("sidecar"), Exited("main", 1))) with { Health = Health("sidecar.0", new(false, false, null)) };

        PodPlanner.Plan(view).Starts.Single().Container.Name.ShouldBe("main");
        PodPlanner.Plan(view with { Sandbox = Sandbox(Running("sidecar")) }).HasActions.ShouldBeFalse("the first start waits for it");
    }

    [Fact]
    public void Plan_SidecarIsDownWhileALaterInitContainerRuns_StartsItAlone()
    {
        var pod = WithSidecar();
        pod.Spec.InitContainers.Add(TestPods.Container("init", ""));

        PodPlanner.Plan(Of(pod, Sandbox(Exited("sidecar", 1), Exited("init", 1)))).Starts.Select(start => start.Container.Name).ShouldBe(["sidecar", "init"]);
        PodPlanner.Plan(Of(pod, Sandbox(Exited("sidecar", 1), Exited("init", 0)))).Starts.Select(start => start.Container.Name).ShouldBe(["sidecar", "main"]);
    }

    [Fact]
    public void Plan_NewSandbox_StartsSidecarsFirstAgain()
    {
        var sandbox = Sandbox(Exited("sidecar", 137), Exited("main", 137)) with { CreatedAt = Now };

        PodPlanner.Plan(Of(WithSidecar(), sandbox)).Starts.Single().Container.Name.ShouldBe("sidecar");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Status_SidecarIsNotReady_NeitherIsThePod(bool runs)
    {
        var sidecar = runs ? Running("sidecar") : Exited("sidecar", 1);
        var view = Of(WithSidecar(), Sandbox(sidecar, Running("main"))) with { Health = Health("sidecar.0", new(true, false, null)) };

        var status = StatusOf(view);

        foreach (var condition in status.Conditions.Where(condition => condition.Type is "Ready" or "ContainersReady"))
            (condition.Status, condition.Reason, condition.Message).ShouldBe(("False", "ContainersNotReady", "containers with unready status: [sidecar]"));
        status.Conditions.Single(condition => condition.Type == "Initialized").Status.ShouldBe("True", "an app container has started");
    }

    [Theory]
    [InlineData("liveness", "OnFailure", true, "Container main failed liveness probe, will be restarted")]
    [InlineData("startup", "Always", true, "Container main failed startup probe, will be restarted")]
    [InlineData("liveness", "Never", false, "Container main failed liveness probe")]
    public void Plan_ProbeFailed_RestartsUnlessThePolicyIsNever(string probe, string policy, bool restarts, string message)
    {
        var view = Of(TestPods.Shell("a", "", policy), Sandbox(Running("main"))) with { Health = Health("main.0", new(true, true, probe)) };

        var stop = PodPlanner.Plan(view).Stops.Single();

        (stop.Restarts, stop.Message).ShouldBe((restarts, message));
    }

    [Theory]
    [InlineData("OnFailure", 0)]
    [InlineData("Never", 0)]
    [InlineData("Never", 143)]
    public void Plan_EndedToRunAgain_RunsAgainWhateverItsExitCode(string policy, int exitCode)
    {
        var view = Of(TestPods.Shell("a", "", policy), Sandbox(Exited("main", exitCode))) with { Stopping = Restarting("main.0") };

        PodPlanner.Plan(view).Starts.Single().Attempt.ShouldBe(1);
        var status = StatusOf(view);
        status.Phase.ShouldBe("Running");

        // An end that the policy makes final could not be taken back.
        var container = status.ContainerStatuses.Single();
        (container.State.Terminated, container.State.Waiting?.Reason, container.LastState.Terminated?.ExitCode).ShouldBe((null, "ContainerCreating", exitCode));
        view.Restarts.Record("main", Now, Now);
        PodPlanner.Plan(view).WakeAt.ShouldBe(Now.AddSeconds(10), "as after any other end");
    }

    [Theory]
    [InlineData("main", true)]
    [InlineData("sidecar", true)]
    [InlineData("init", false)]
    public void Plan_ImageChanged_RestartsWhatDoesNotRunToItsEnd(string changed, bool restarts)
    {
        var pod = WithSidecar("Never");
        pod.Spec.InitContainers.Add(TestPods.Container("init", ""));
        List<ContainerInstance> containers = changed == "init" ? [Running("sidecar"), Running("init")] : [Running("sidecar"), Exited("init", 0), Running("main")];
        var view = Of(pod, Sandbox([.. containers.Select(container => container with { SpecHash = container.Name == changed ? "former" : "" })]));

        PodPlanner.Plan(view).Stops.Select(stop => (stop.Container.Name, stop.Restarts)).ShouldBe(restarts ? [(changed, true)] : []);
    }

    [Fact]
    public void Plan_AnotherContainerWasStoppedLongAgo_LeavesEachItsOwnTime()
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.TerminationGracePeriodSeconds = 30;
        pod.Spec.Containers.Insert(0, TestPods.Container("crashing", ""));
        var sandbox = Sandbox(Exited("crashing", 137), Running("main"));
        var memory = Memory();
        memory.NoteStop(new ContainerStop(Running("crashing"), StopStep.Terminate, TimeSpan.FromSeconds(30), null, Restarts: true), Now);
        var view = View(memory, pod, sandbox, Health("main.0", Bad), Now.AddMinutes(1));

        PodPlanner.Plan(view).Stops.Single().Grace.ShouldBe(TimeSpan.FromSeconds(30));
        var deleted = View(memory, Deleted(pod, 30), sandbox, Health("main.0", Bad), Now.AddMinutes(2));
        PodPlanner.Plan(deleted).Stops.Single().Grace.ShouldBe(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Plan_PodEnds_TheLastHaveWhatTheFirstHaveLeft()
    {
        var pod = Deleted(WithSidecar(), 30);
        var both = Sandbox(Running("sidecar"), Running("main"));
        var memory = Memory();
        var first = PodPlanner.Plan(View(memory, pod, both, Health(), Now)).Stops.Single();
        memory.NoteStop(first, Now);
        View(memory, pod, both, Health(), Now);

        var last = PodPlanner.Plan(View(memory, pod, Sandbox(Running("sidecar"), Exited("main", 0)), Health(), Now.AddSeconds(12))).Stops.Single();

        (last.Container.Name, last.Grace).ShouldBe(("sidecar", TimeSpan.FromSeconds(18)));
    }

    [Theory]
    [InlineData(0, "Terminate")]
    [InlineData(1, "Hook")]
    public void Plan_NoTimeToStop_LeavesTwoSecondsAndNoneToHooks(int seconds, string step)
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Lifecycle = new V1Lifecycle { PreStop = new V1LifecycleHandler { Exec = new V1ExecAction { Command = ["true"] } } };
        var view = Of(pod, Sandbox(Running("main"))) with { Health = Health("main.0", Bad with { RestartGrace = TimeSpan.FromSeconds(seconds) }) };

        var stop = PodPlanner.Plan(view).Stops.Single();

        (stop.Step.ToString(), stop.Grace).ShouldBe((step, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Plan_ImageCorrected_IsTriedAtOnce()
    {
        var pod = TestPods.Shell("a", "", image: "wrong:1");
        var memory = Memory();
        View(memory, pod, Sandbox(), Health(), Now);
        for (var failure = 0; failure < 6; failure++)
            memory.NoteFailed("main", new WaitingReason(RuntimeException.ImagePull, "no such image"), Now);
        memory.NotePullWaits("main", "wrong:1").ShouldBe("Back-off pulling image \"wrong:1\"");
        var waiting = View(memory, pod, Sandbox(), Health(), Now.AddSeconds(1));
        PodPlanner.Plan(waiting).HasActions.ShouldBeFalse();
        StatusOf(waiting).ContainerStatuses[0].State.Waiting.Message.ShouldBe("Back-off pulling image \"wrong:1\": ErrImagePull: no such image");

        pod.Spec.Containers[0].Image = "right:1";
        var corrected = View(memory, pod, Sandbox(), Health(), Now.AddSeconds(2));

        PodPlanner.Plan(corrected).Starts.ShouldHaveSingleItem();
        StatusOf(corrected).ContainerStatuses[0].State.Waiting.Reason.ShouldBe("ContainerCreating");
    }

    [Fact]
    public void Plan_ImageOfACrashingContainerCorrected_StartsAtOnce()
    {
        var pod = TestPods.Shell("a", "", image: "wrong:1");
        var memory = Memory();
        View(memory, pod, Sandbox(), Health(), Now);
        memory.NoteStarted(new ContainerStart(pod.Spec.Containers[0], 1, Exited("main", 1)), Now);
        var crashed = Sandbox(Exited("main", 1, attempt: 1));
        PodPlanner.Plan(View(memory, pod, crashed, Health(), Now)).Starts.ShouldBeEmpty();

        pod.Spec.Containers[0].Image = "right:1";

        PodPlanner.Plan(View(memory, pod, crashed, Health(), Now)).Starts.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Status_DeletedBeforeItsContainersStarted_HasFailed(bool hasSandbox, bool hasInit)
    {
        var pod = Deleted(TestPods.Shell("a", ""), 30);
        pod.Spec.InitContainers = [TestPods.Container("init", "")];
        var sandbox = !hasSandbox ? null : Sandbox(hasInit ? [Exited("init", 143)] : []) with { IsReady = false };
        var view = Of(pod, sandbox);

        PodPlanner.Plan(view).Finish.ShouldBeTrue();
        StatusOf(view).Phase.ShouldBe("Failed");
    }

    [Fact]
    public void Status_RejectedPod_HasNoContainers()
    {
        var pod = TestPods.Shell("a", "");
        var status = StatusOf(Of(pod, null) with { Failure = PodFailures.Rejected("OutOfcpu", "Node didn't have enough resource: cpu") });
        (status.Phase, status.ContainerStatuses.Count).ShouldBe(("Failed", 0));

        pod.Status = status;
        StatusOf(Of(pod, null)).ContainerStatuses.ShouldBeEmpty("nor after a restart of the daemon");
    }

    [Fact]
    public void Plan_SandboxEndedUnderARunningContainer_EndsItInItsTimeBeforeANewSandbox()
    {
        var pod = TestPods.Shell("a", "", "OnFailure");
        pod.Spec.TerminationGracePeriodSeconds = 30;
        var view = Of(pod, Sandbox(Running("main")) with { IsReady = false });

        var plan = PodPlanner.Plan(view);
        var stop = plan.Stops.Single();
        (stop.Step, stop.Grace, stop.Message).ShouldBe((StopStep.Terminate, TimeSpan.FromSeconds(30), "Stopping container main"));
        (plan.CreateSandbox, plan.ReplacesSandbox).ShouldBe((false, true));

        pod.Spec.Containers[0].Lifecycle = new V1Lifecycle { PreStop = new V1LifecycleHandler { Exec = new V1ExecAction { Command = ["true"] } } };
        PodPlanner.Plan(view).Stops.Single().Step.ShouldBe(StopStep.Hook);

        // It was ended to run again, although it ended well.
        var ended = Of(pod, Sandbox(Exited("main", 0)) with { IsReady = false }) with { Stopping = Restarting("main.0") };
        PodPlanner.Plan(ended).ShouldSatisfyAllConditions(p => p.CreateSandbox.ShouldBeTrue(), p => p.ReplacesSandbox.ShouldBeTrue());
    }

    [Fact]
    public void Plan_SandboxEndedUnderPodsThatRunOnce_EndsThePod()
    {
        var view = Of(TestPods.Shell("a", "", "Never"), Sandbox(Running("main")) with { IsReady = false });

        PodPlanner.Plan(view).ShouldSatisfyAllConditions(p => p.Stops.Single().Restarts.ShouldBeFalse(), p => p.ReplacesSandbox.ShouldBeFalse());
        PodPlanner.Plan(Of(view.Pod, Sandbox(Exited("main", 143)) with { IsReady = false })).HasActions.ShouldBeFalse();
    }

    [Theory]
    [InlineData("Always", 0, 1)]
    [InlineData("Always", 1, 1)]
    [InlineData("OnFailure", 0, 0)]
    [InlineData("OnFailure", 1, 1)]
    [InlineData("Never", 1, 0)]
    public void Plan_ContainerEnded_FollowsTheRestartPolicy(string policy, int exitCode, int starts)
    {
        var plan = PodPlanner.Plan(Of(TestPods.Shell("a", "", policy), Sandbox(Exited("main", exitCode))));

        plan.Starts.Count.ShouldBe(starts);
        plan.Starts.All(s => s.Attempt == 1).ShouldBeTrue();
    }

    [Fact]
    public void Plan_ImageChanged_RestartsTheContainer()
    {
        var pod = TestPods.Shell("a", "");
        var running = Running("main") with { SpecHash = ContainerSpecHash.Of(pod.Spec.Containers[0]) };

        PodPlanner.Plan(Of(pod, Sandbox(running))).HasActions.ShouldBeFalse();
        pod.Spec.Containers[0].Image = "other:2";
        PodPlanner.Plan(Of(pod, Sandbox(running))).Stops.Single().Message.ShouldBe("Container main definition changed, will be restarted");
    }

    private static V1Pod WithSidecar(string policy = "Always")
    {
        var pod = TestPods.Shell("a", "", policy);
        pod.Spec.InitContainers = [Sidecar("sidecar")];
        return pod;
    }

    private static PodView View(PodMemory memory, V1Pod pod, PodSandbox sandbox, Dictionary<string, ContainerHealth> health, DateTimeOffset now) =>
        memory.View(pod, sandbox, health, isFenced: false, now, now);

    private static PodMemory Memory() => new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));

    private static V1PodStatus StatusOf(PodView view) => PodStatusBuilder.Build(view, "192.0.2.1", "test");

    private static Dictionary<string, ContainerHealth> Health() => [];

    private static Dictionary<string, ContainerHealth> Health(string id, ContainerHealth health) => new() { [id] = health };
}
