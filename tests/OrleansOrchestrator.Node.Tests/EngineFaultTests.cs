using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Runtime.Sessions;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Whatever an engine does to a call, the call ends, and its caller learns that the engine has failed.</summary>
public sealed class EngineFaultTests : IAsyncDisposable
{
    private static readonly PodSandbox Sandbox = new() { Id = "s", PodUid = "a", PodName = "a", PodNamespace = "default", IsReady = true, CreatedAt = DateTimeOffset.UnixEpoch };
    private static readonly ContainerSpec Container = new() { Name = "main", Attempt = 0, Image = DockerMachine.Image, ImageId = "i", PodDirectory = "/tmp" };
    private static readonly SandboxSpec Spec = new() { PodUid = "a", PodName = "a", PodNamespace = "default", Hostname = "a", Directory = "/tmp" };

    private readonly string _folder = Directory.CreateTempSubdirectory("engine-fault-").FullName;
    private readonly FakeEngine _engine = FakeEngine.Start();

    /// <summary>Every call of a runtime that may have to ask its engine.</summary>
    private static readonly Dictionary<string, Func<DockerRuntime, string, CancellationToken, Task>> RuntimeCalls = new()
    {
        ["list"] = (runtime, _, token) => runtime.ListAsync(token),
        ["inspect"] = (runtime, _, token) => runtime.InspectAsync("a", token),
        ["create sandbox"] = (runtime, _, token) => runtime.CreateSandboxAsync(Spec, token),
        ["stop sandbox"] = (runtime, _, token) => runtime.StopSandboxAsync("a", token),
        ["remove pod"] = (runtime, _, token) => runtime.RemovePodAsync("a", token),
        ["find image"] = (runtime, _, token) => runtime.EnsureImageAsync(DockerMachine.Image, ImagePullPolicy.Never, NoCredentials, token),
        ["built-in image"] = (runtime, _, token) => runtime.EnsureImageAsync(BuiltInImages.Pause, ImagePullPolicy.IfNotPresent, NoCredentials, token),
        ["find layers"] = (runtime, _, token) => runtime.FindLayersAsync(DockerMachine.Image, token),
        ["list images"] = (runtime, _, token) => runtime.ListImagesAsync(token),
        ["remove image"] = (runtime, _, token) => runtime.RemoveImageAsync(new NodeImage("sha256:image", [DockerMachine.Image], 1), token),
        ["create container"] = (runtime, _, token) => runtime.CreateContainerAsync(Sandbox, Container, token),
        ["start"] = (runtime, id, token) => runtime.StartContainerAsync(id, token),
        ["stop"] = (runtime, id, token) => runtime.SignalContainerAsync(id, ContainerSignal.Terminate, token),
        ["kill"] = (runtime, id, token) => runtime.SignalContainerAsync(id, ContainerSignal.Kill, token),
        ["remove"] = (runtime, id, token) => runtime.RemoveContainerAsync(id, token),
        ["log"] = (runtime, id, token) => runtime.CopyLogsAsync(id, new LogQuery(), Stream.Null, token),
        ["run"] = (runtime, id, token) => runtime.ExecAsync(id, ["true"], TimeSpan.FromSeconds(1), token),
        ["exec"] = (runtime, id, token) => runtime.OpenExecAsync(id, new SessionRequest { Command = ["true"], Stdout = true }, token),
        ["attach"] = (runtime, id, token) => runtime.OpenAttachAsync(id, new SessionRequest { Stdout = true }, token),
        ["connect"] = (runtime, _, token) => runtime.ConnectAsync("a", 80, token),
        ["measure storage"] = (runtime, _, token) => runtime.MeasureStorageAsync([Sandbox], token),
    };

    // Where an answer says nothing but that it is done, any success is one.
    private static readonly HashSet<string> NeedNoBody = ["start", "kill", "remove"];

    public static TheoryData<EngineFault> Faults => [.. Enum.GetValues<EngineFault>()];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Call_OfAnEngineThatFails_EndsAsAFailureOfTheRuntime(EngineFault fault)
    {
        await using var runtime = await OpenAsync(TimeProvider.System);
        var id = await RunAsync(runtime, "sleep 100");
        _engine.Fault = _ => fault;

        var outcomes = await Task.WhenAll(RuntimeCalls.Select(async call => $"{call.Key}: {await OutcomeAsync(() => call.Value(runtime, id, Cancelled))}"));

        var isSuccess = fault is EngineFault.AnswersHalf or EngineFault.TruncatesAChunk or EngineFault.AnswersHalfADocument or EngineFault.AnswersHtml or EngineFault.AnswersNothing or EngineFault.AnswersNull or EngineFault.AnswersAnotherKind;
        outcomes.Where(outcome => outcome.Split(": ")[1] != nameof(RuntimeException) && !(isSuccess && NeedNoBody.Contains(outcome.Split(": ")[0]))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Engine_ThatAnswersNonsense_MakesTheNodeNotReady()
    {
        var time = new FakeTimeProvider();
        await using var runtime = await OpenAsync(time);
        _engine.Fault = _ => EngineFault.AnswersHtml;

        await Eventually.HoldsAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return runtime.Fault is not null;
        }, "the node says so");

        runtime.Fault!.ShouldStartWith("container runtime is down: the Docker engine has given no valid answer: ");
        _engine.Fault = _ => null;
        await Eventually.HoldsAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return runtime.Fault is null;
        }, "it is ready again");
    }

    [Fact]
    public async Task Pull_WithoutProgress_Fails()
    {
        var time = new FakeTimeProvider();
        await using var runtime = await OpenAsync(time);
        _engine.Fault = call => call == "POST /images/create" ? EngineFault.Hangs : null;

        var pulling = runtime.EnsureImageAsync("registry.example/app:1", ImagePullPolicy.Always, NoCredentials, Cancelled);
        await Eventually.HoldsAsync(() => _engine.Calls.Contains("POST /images/create"), "it pulls");
        time.Advance(TimeSpan.FromMinutes(1));

        var failure = await Should.ThrowAsync<RuntimeException>(() => pulling);
        (failure.Reason, failure.Message).ShouldBe((RuntimeException.ImagePull, "the pull has shown no progress for 60 s"));
    }

    [Fact]
    public async Task Log_CutOffByTheEngine_DoesNotLookAsIfItHadEnded()
    {
        await using var runtime = await OpenAsync(TimeProvider.System);
        var id = await RunAsync(runtime, "echo one; sleep 100");
        using var output = new MemoryStream();

        var following = runtime.CopyLogsAsync(id, new LogQuery { Follow = true }, output, Cancelled);
        await Eventually.HoldsAsync(() => output.Length > 0, "it follows the log");
        _engine.Pause();

        await Should.ThrowAsync<RuntimeException>(() => following);
    }

    [Fact]
    public async Task Session_CutOffByTheEngine_FailsAndCanBeDisposedOf()
    {
        await using var runtime = await OpenAsync(TimeProvider.System);
        var id = await RunAsync(runtime, "sleep 100");
        var seen = 0;
        await using var session = await runtime.OpenExecAsync(id, new SessionRequest { Command = ["sh", "-c", "echo one; sleep 100"], Stdout = true }, Cancelled);

        var copying = session.CopyOutputAsync((_, part, _) =>
        {
            seen += part.Length;
            return ValueTask.CompletedTask;
        }, Cancelled);
        await Eventually.HoldsAsync(() => seen > 0, "it reads the output");
        _engine.Pause();

        await Should.ThrowAsync<RuntimeException>(() => copying);
    }

    [Theory]
    [InlineData(EngineFault.Hangs)]
    [InlineData(EngineFault.Closes)]
    [InlineData(EngineFault.FailsWithHtml)]
    public async Task Container_WhoseProbeTheEngineDoesNotRun_IsNotRestarted(EngineFault fault)
    {
        await using var node = await TestNode.StartAsync(_engine);
        var pod = TestPods.Shell("a", "while :; do sleep 0.1; done", image: DockerMachine.Image);
        pod.Spec.Containers[0].LivenessProbe = new V1Probe { Exec = new V1ExecAction { Command = ["true"] }, PeriodSeconds = 1, FailureThreshold = 1 };
        node.Put(pod);
        var running = await node.PodAsync("a", TestPods.IsReady, "it runs");
        await Eventually.HoldsAsync(() => _engine.Calls.Any(IsProbe), "it is probed");

        _engine.Fault = call => IsProbe(call) ? fault : null;
        await Eventually.HoldsAsync(
            () => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/").Any(e => e.Message.StartsWith("Liveness probe errored: ", StringComparison.Ordinal)), "it is told");
        _engine.Fault = _ => null;
        var before = _engine.Calls.Count(IsProbe);
        await Eventually.HoldsAsync(() => _engine.Calls.Count(IsProbe) > before + 2, "it is probed again");

        TestPods.Status(node.Pod("a")!)!.RestartCount.ShouldBe(0);
        TestPods.Status(node.Pod("a")!)!.ContainerID.ShouldBe(TestPods.Status(running)!.ContainerID);

        static bool IsProbe(string call) => call.StartsWith("POST /containers/", StringComparison.Ordinal) && call.EndsWith("/exec", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exited")]
    [InlineData("dead")]
    public async Task Engine_ThatWasRestarted_RunsAllPodsAgainWhateverBecameOfThem(string state)
    {
        await using var node = await TestNode.StartAsync(_engine);
        for (var i = 0; i < 5; i++)
            node.Put(TestPods.Shell($"p{i}", "while :; do sleep 0.1; done", image: DockerMachine.Image));
        for (var i = 0; i < 5; i++)
            await node.PodAsync($"p{i}", TestPods.IsReady, "it runs");

        _engine.Pause();
        foreach (var container in _engine.Containers.ToList())
            container.Kill();
        await Eventually.HoldsAsync(() => _engine.Containers.All(container => container.State == "exited"), "all have ended");
        foreach (var container in _engine.Containers)
            container.State = state;
        _engine.Resume();

        for (var i = 0; i < 5; i++)
        {
            var again = await node.PodAsync($"p{i}", pod => TestPods.Status(pod)?.RestartCount == 1 && TestPods.IsReady(pod), "it runs again");
            TestPods.Status(again)!.LastState.Terminated.ExitCode.ShouldBe(137);
        }

        _engine.Containers.Count(container => container.State == "running").ShouldBe(10);
    }

    [Fact]
    public async Task Pod_WhoseStartWasInterruptedAnywhere_RunsOnceAfterwards()
    {
        // A daemon that is killed leaves what the engine was last asked to do: here each step of a start in turn.
        string[] steps = ["POST /containers/create", "POST /containers/c1/start", "POST /containers/create", "POST /containers/c2/start"];
        await using var node = await TestNode.StartAsync(_engine);
        for (var step = 0; step < steps.Length; step++)
        {
            var name = $"p{step}";
            var (calls, reached) = (0, false);
            _engine.Answer = async call =>
            {
                if (call.EndsWith("/create", StringComparison.Ordinal) || call.EndsWith("/start", StringComparison.Ordinal))
                {
                    if (calls++ == step)
                    {
                        reached = true;
                        await Task.Delay(Timeout.Infinite, Cancelled);
                    }
                }

                return null;
            };
            node.Put(TestPods.Shell(name, "while :; do sleep 0.1; done", image: DockerMachine.Image));
            await Eventually.HoldsAsync(() => reached, $"it comes to {steps[step]}");
            await node.StopAgentAsync();
            _engine.Answer = _ => Task.FromResult<(int, object)?>(null);
            await node.StartAgentAsync();

            await node.PodAsync(name, TestPods.IsReady, "it runs");
            _engine.Containers.Count(container => container.State == "running").ShouldBe(2 * (step + 1));
        }
    }

    private static async Task<string> OutcomeAsync(Func<Task> call)
    {
        try
        {
            await call().WaitAsync(TimeSpan.FromSeconds(25), Cancelled);
            return "success";
        }
        catch (Exception exception) when (!Cancelled.IsCancellationRequested)
        {
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    private static async Task<string> RunAsync(DockerRuntime runtime, string script)
    {
        await runtime.CreateSandboxAsync(Spec, Cancelled);
        var id = await runtime.CreateContainerAsync(Sandbox, Container with { Command = ["sh", "-c", script] }, Cancelled);
        await runtime.StartContainerAsync(id, Cancelled);
        return id;
    }

    private static Task<IReadOnlyList<RegistryCredential>> NoCredentials(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RegistryCredential>>([]);

    private Task<DockerRuntime> OpenAsync(TimeProvider time) => DockerRuntime.OpenAsync(
        new ContainerOwner(Guid.NewGuid().ToString(), "n"), EngineNetwork.Instance, new ImageUses(_folder, time), CgroupLimits.None, _engine.Address, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1), time, NullLoggerFactory.Instance, Cancelled);
}
