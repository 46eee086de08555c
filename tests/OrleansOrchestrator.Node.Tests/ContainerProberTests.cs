using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>When containers are probed, and what the results mean for them.</summary>
public sealed class ContainerProberTests
{
    private static readonly V1ContainerStatus WasReady = new() { Name = "main", Started = true, Ready = true };

    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<(string Reason, string Message)> _events = [];
    private readonly ConcurrentQueue<string> _runs = [];

    [Fact]
    public async Task Probe_OfAContainerThatHasRunLong_DoesNotWaitForItsInitialDelayAgain()
    {
        await using var prober = Start(new V1Container { ReadinessProbe = Probe("ready", delay: 3600) }, Succeed, age: TimeSpan.FromHours(1));

        await Eventually.HoldsAsync(() => prober.Health.IsReady, "it is probed at once");
    }

    [Fact]
    public async Task Probe_OfANewContainer_WaitsForTheRestOfItsInitialDelay()
    {
        await using var prober = Start(new V1Container { ReadinessProbe = Probe("ready", delay: 60) }, Succeed, age: TimeSpan.FromSeconds(50));

        _time.Advance(TimeSpan.FromSeconds(9));
        _runs.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.HoldsAsync(() => prober.Health.IsReady, "it is probed");
    }

    [Fact]
    public void Health_OfAContainerThatAnEarlierDaemonReported_StaysAsItWas()
    {
        var container = new V1Container { StartupProbe = Probe("start", delay: 60), ReadinessProbe = Probe("ready", delay: 60), LivenessProbe = Probe("live", delay: 60) };

        Start(container, Fail, reported: WasReady).Health.ShouldBe(ContainerHealth.Good);
        Start(container, Fail, reported: WasReady with { Ready = false }).Health.ShouldBe(new ContainerHealth(true, false, null));
        Start(container, Fail).Health.ShouldBe(new ContainerHealth(false, false, null));
    }

    [Fact]
    public void Target_OfAnotherInstance_HasNothingReported()
    {
        var pod = TestPods.Shell("a", "");
        pod.Status.ContainerStatuses = [WasReady with { ContainerID = "docker://main.0", State = new V1ContainerState { Running = new V1ContainerStateRunning() } }];

        ProbeTarget.Of(pod, pod.Spec.Containers[0], TestViews.Running("main"), "", TestViews.Now).Reported.ShouldBe(pod.Status.ContainerStatuses[0]);
        ProbeTarget.Of(pod, pod.Spec.Containers[0], TestViews.Running("main") with { Id = "main.1" }, "", TestViews.Now).Reported.ShouldBeNull();
    }

    [Fact]
    public async Task Probe_ThatTheRuntimeDoesNotRun_ChangesNothing()
    {
        var container = new V1Container { LivenessProbe = Probe("live"), ReadinessProbe = Probe("ready") };
        await using var prober = Start(container, _ => throw new RuntimeException(RuntimeException.Unavailable, "no answer"), reported: WasReady);

        for (var runs = 2; runs <= 20; runs += 2)
            await AdvanceUntilAsync(() => _runs.Count >= runs);

        prober.Health.ShouldBe(ContainerHealth.Good);
        _events.ShouldContain(("Unhealthy", "Liveness probe errored: no answer"));
    }

    [Fact]
    public async Task Probe_ThatFails_EndsTheContainerAtItsThreshold()
    {
        await using var prober = Start(new V1Container { LivenessProbe = Probe("live") }, Fail);

        await AdvanceUntilAsync(() => prober.Health.FailedProbe == "liveness");

        _runs.Count.ShouldBe(3);
        _events.ShouldContain(("Unhealthy", "Liveness probe failed: sick"));
    }

    [Fact]
    public async Task Probe_ThatTakesLong_BeginsAgainAPeriodAfterItsBegin()
    {
        var first = new TaskCompletionSource<ExecResult>();
        await using var prober = Start(new V1Container { LivenessProbe = Probe("live", period: 10) }, _ => _runs.Count == 1 ? first.Task : Succeed(""));
        await Eventually.HoldsAsync(() => _runs.Count == 1, "it is probed");

        _time.Advance(TimeSpan.FromSeconds(15));
        first.SetResult(new ExecResult(0, ""));

        await Eventually.HoldsAsync(() => _runs.Count == 2, "it is probed again at once");
    }

    [Fact]
    public async Task Checks_OfAPodThatEnds_StopAndReadinessGoesOn()
    {
        var container = new V1Container { StartupProbe = Probe("start"), LivenessProbe = Probe("live"), ReadinessProbe = Probe("ready") };
        await using var prober = Start(container, Fail);
        await Eventually.HoldsAsync(() => !_events.IsEmpty, "it is probed");

        prober.StopChecks();
        await AdvanceUntilAsync(() => _runs.Count(run => run == "ready") >= 5);

        _runs.ShouldNotContain("live");
        prober.Health.ShouldBe(new ContainerHealth(true, false, null));
    }

    [Theory]
    [InlineData("live")]
    [InlineData("ready")]
    public async Task Probe_ThatFailsWhileItsProberEnds_HarmsNothing(string name)
    {
        var begun = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        var container = name == "live" ? new V1Container { LivenessProbe = Probe(name) } : new V1Container { ReadinessProbe = Probe(name) };
        var prober = Start(container, async _ =>
        {
            begun.SetResult();
            await ended.Task;
            throw new InvalidOperationException("the container is not running");
        });
        await begun.Task;

        var ending = prober.DisposeAsync();
        ended.SetResult();

        await ending;
    }

    [Fact]
    public async Task Failure_OfAConnection_IsToldInTheWordsThatUsersKnow()
    {
        // Bound, so that nobody else gets the port, and not listening yet.
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)closed.LocalEndPoint!).Port;

        (await RunAsync(new V1Probe { TcpSocket = new V1TCPSocketAction { Port = port } }))
            .ShouldBe(ProbeResult.Of($"dial tcp 127.0.0.1:{port}: connect: connection refused"));
        (await RunAsync(new V1Probe { HttpGet = new V1HTTPGetAction { Port = port, Path = "/x" } }))
            .ShouldBe(ProbeResult.Of($"Get \"http://127.0.0.1:{port}/x\": dial tcp 127.0.0.1:{port}: connect: connection refused"));
        (await RunAsync(new V1Probe { HttpGet = new V1HTTPGetAction { Port = "unknown" } }))
            .ShouldBe(new ProbeResult(ProbeOutcome.Unknown, "couldn't find port \"unknown\" in container \"main\""));
        closed.Listen();
        (await RunAsync(new V1Probe { TimeoutSeconds = 1, HttpGet = new V1HTTPGetAction { Port = port } })).Message
            .ShouldEndWith("/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        var late = Runtime(_ => Task.FromResult(new ExecResult(-1, "", TimedOut: true)));
        (await new ProbeAction(late).RunAsync(Probe("live"), new V1Container(), "id", "", TestContext.Current.CancellationToken))
            .ShouldBe(ProbeResult.Of("command timed out: \"live\" timed out after 1s"));
    }

    private static Task<ProbeResult> RunAsync(V1Probe probe) =>
        new ProbeAction(Runtime(Fail)).RunAsync(probe, TestPods.Container("main", ""), "id", "127.0.0.1", TestContext.Current.CancellationToken);

    private static Task<ExecResult> Succeed(string command) => Task.FromResult(new ExecResult(0, ""));

    private static Task<ExecResult> Fail(string command) => Task.FromResult(new ExecResult(1, "sick"));

    private static V1Probe Probe(string name, int delay = 0, int period = 1) =>
        new() { Exec = new V1ExecAction { Command = [name] }, InitialDelaySeconds = delay, PeriodSeconds = period };

    private static IContainerRuntime Runtime(Func<string, Task<ExecResult>> run) => StubRuntime.With(new Dictionary<string, Func<object?[], object?>>
    {
        [nameof(IContainerRuntime.ExecAsync)] = args => run(((IReadOnlyList<string>)args[1]!)[0]),
    });

    private ContainerProber Start(V1Container container, Func<string, Task<ExecResult>> run, TimeSpan age = default, V1ContainerStatus? reported = null)
    {
        var runtime = Runtime(command =>
        {
            _runs.Enqueue(command);
            return run(command);
        });
        return new ContainerProber(
            new ProbeTarget(container, "id", "127.0.0.1", age, reported),
            new ProbeAction(runtime),
            _time,
            static kind => new ProbeStatistics(kind, "main"),
            static () => { },
            (reason, message) => _events.Enqueue((reason, message)));
    }

    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.HoldsAsync(
        () =>
        {
            if (!condition())
                _time.Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        "the probes run");
}
