using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Runtime.Process;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>A node that stops with its pods leaves nothing, whatever it is in the middle of.</summary>
public sealed class NodeStopTests(DockerMachine docker) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("node-stop-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Node_StoppedWhileItsPodsStart_LeavesNothing()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var node = await TestNode.StartAsync(RuntimeKind.Process, o => o with { Index = Random.Shared.Next(100, 500) });
            for (var i = 0; i < 3; i++)
                node.Put(TestPods.Shell($"pod-{i}", "while :; do sleep 0.1; done"));

            await Eventually.HoldsAsync(
                () => Directory.EnumerateFiles(node.Options.DataDirectory, "started", SearchOption.AllDirectories).Any(), "the first container is being started");

            // The end of the node looks for what is left.
        }
    }

    [Fact]
    public async Task Node_StoppedWhileTheGuardEndsItsPods_LeavesNothing()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, o => o with
        {
            Index = Random.Shared.Next(100, 500),
            LeaseRenewInterval = TimeSpan.FromMilliseconds(250),
            Times = new FencingTimes { FencingTime = TimeSpan.FromSeconds(2) },
        });
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done"));
        await node.PodAsync("a", TestPods.IsReady, "it runs");

        await node.Api.PauseAsync();

        await Eventually.HoldsAsync(
            () => Directory.EnumerateFiles(node.Options.DataDirectory, "sealed", SearchOption.AllDirectories).Any(), "the guard is at work");
    }

    [Fact]
    public async Task Pod_RemovedWhileItsContainerStarts_LeavesNoProcess()
    {
        await using var runtime = ProcessRuntime.Open(_folder, 500, CgroupLimits.None, TimeProvider.System, NullLoggerFactory.Instance);
        var uid = Guid.NewGuid().ToString();
        var sandbox = await CreateSandboxAsync(runtime, uid);
        var spec = new ContainerSpec { Name = "main", Attempt = 0, Image = "any", Command = ["sleep", "100"], PodDirectory = _folder };
        var id = await runtime.CreateContainerAsync(sandbox, spec, Cancelled);
        // A log that nobody reads holds the wrapper up before it has told who it is.
        WaitingFile.CreatePipe(Path.Combine(_folder, "processes", uid, "main.0", "log"));
        await runtime.StartContainerAsync(id, Cancelled);

        await runtime.RemovePodAsync(uid, Cancelled);

        ProcessTable.Describe(uid).ShouldBeEmpty();
        Directory.EnumerateDirectories(Path.Combine(_folder, "processes")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pod_RemovedWhileTheEngineCreatesItsContainer_LeavesNoContainer()
    {
        docker.SkipIfAbsent();
        var owner = new ContainerOwner(Guid.NewGuid().ToString(), TestNode.UniqueName());
        await using var runtime = await DockerRuntime.OpenAsync(owner, EngineNetwork.Instance, new ImageUses(_folder, TimeProvider.System), CgroupLimits.None, null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeProvider.System, NullLoggerFactory.Instance, Cancelled);
        var (interruptions, patience) = (0, TimeSpan.FromMilliseconds(5));
        for (var round = 0; interruptions < 3 && round < 30; round++)
        {
            var uid = Guid.NewGuid().ToString();
            var sandbox = await CreateSandboxAsync(runtime, uid);
            var spec = new ContainerSpec { Name = "main", Attempt = 0, Image = DockerMachine.Image, ImageId = DockerMachine.Image, Command = ["sleep", "100"], PodDirectory = _folder };
            using (var interrupted = new CancellationTokenSource(patience))
            {
                try
                {
                    await runtime.CreateContainerAsync(sandbox, spec, interrupted.Token);
                    // The engine was faster.
                    patience /= 2;
                }
                catch (OperationCanceledException)
                {
                    interruptions++;
                }
            }

            await runtime.RemovePodAsync(uid, Cancelled);

            // A second container of the engine is created after the first.
            await CreateSandboxAsync(runtime, uid);
            (await runtime.InspectAsync(uid, Cancelled))!.Containers.ShouldBeEmpty();
            await runtime.RemovePodAsync(uid, Cancelled);
        }

        interruptions.ShouldBe(3);
        (await runtime.ListAsync(Cancelled)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Folder_InWhichSomebodyWritesALittleLonger_IsRemoved()
    {
        var removed = Directory.CreateDirectory(Path.Combine(_folder, "pod")).FullName;
        var start = TimeProvider.System.GetTimestamp();
        var writing = Task.Run(() =>
        {
            try
            {
                while (TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMilliseconds(500))
                    File.WriteAllBytes(Path.Combine(removed, Guid.NewGuid().ToString()), []);
            }
            catch (DirectoryNotFoundException)
            {
                // It is removed.
            }
        }, Cancelled);
        await Eventually.HoldsAsync(() => Directory.EnumerateFiles(removed).Skip(500).Any(), "somebody writes");

        await FolderTree.RemoveAsync(removed, TimeProvider.System, Cancelled);

        await writing;
        Directory.Exists(removed).ShouldBeFalse();
    }

    [Fact]
    public async Task Guard_EndedWhileItStarts_LeavesNoProcess()
    {
        var guard = new GuardProcess(_folder, TimeProvider.System, NullLogger.Instance);
        guard.Write("fed");
        guard.EnsureRunning();
        // On its way to the guard there is a shell, which may be slow.
        string[] words = ["-c", "read never; exec setsid sh \"$@\"", "sh", Path.Combine(guard.Folder, "guard.sh"), guard.Folder, _folder, "pid", "second"];
        using var slow = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", words) { RedirectStandardInput = true });

        await guard.EndAsync();

        ProcessTable.Describe(_folder).ShouldBeEmpty();
        Directory.Exists(guard.Folder).ShouldBeFalse();
    }

    [Fact]
    public async Task Guard_ThatEndsWheneverItIsStarted_IsKnownNotToRunBetweenTheStartsToo()
    {
        var clock = new LeapingClock();
        var guard = new GuardProcess(_folder, clock, NullLogger.Instance);
        guard.Write("fed");
        // So that no guard can tell that it runs.
        Directory.CreateDirectory(Path.Combine(guard.Folder, "pid", "occupied"));
        for (var i = 0; i < 5; i++, clock.Leap += TimeSpan.FromSeconds(2))
            guard.EnsureRunning();

        for (var i = 0; i < 3; i++, clock.Leap += TimeSpan.FromMilliseconds(250))
            Should.Throw<IOException>(guard.EnsureRunning).Message.ShouldBe("the guard process ends whenever it is started");

        await guard.EndAsync();
    }

    [Fact]
    public async Task Guard_SlowToStart_IsNotCalledGone()
    {
        var (clock, log) = (new LeapingClock(), new CountingLogger());
        var guard = new GuardProcess(_folder, clock, log);
        guard.Write("fed");
        guard.EnsureRunning();
        clock.Leap += TimeSpan.FromSeconds(2);
        guard.EnsureRunning();
        log.Lines.ShouldBe(0);

        await Eventually.HoldsAsync(() => ProcessIdentity.Read(Path.Combine(guard.Folder, "pid")) is { IsAlive: true }, "it runs");
        guard.EnsureRunning();
        File.Delete(Path.Combine(guard.Folder, "pid"));
        clock.Leap += TimeSpan.FromSeconds(2);
        guard.EnsureRunning();
        log.Lines.ShouldBe(1);
        await guard.EndAsync();
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(int.MaxValue, false)]
    public async Task Drain_PodThatResistsForAWhile_IsTriedAgainAndThenLeftToTheGuard(int refusals, bool succeeds)
    {
        var hollow = new HollowRuntime(1, TimeProvider.System);
        var runtime = ResistingRuntime.Around(hollow, refusals);
        foreach (var uid in new[] { "one", "two" })
            await CreateSandboxAsync(hollow, uid);
        var clock = new LeaseClock(UptimeClock.Of(TimeProvider.System), null, () => true);
        var guard = new PodGuard(null, hollow.PlaceOf, clock, NullLogger.Instance);
        var remover = new PodRemover(runtime, guard, _folder, new FolderRemover(null, TimeProvider.System));

        (await new PodDrain(runtime, remover, TimeProvider.System, NullLogger.Instance).RunAsync(TimeSpan.Zero, Cancelled)).ShouldBe(succeeds);

        (await hollow.ListAsync(Cancelled)).Count.ShouldBe(succeeds ? 0 : 2);
    }

    private async Task<PodSandbox> CreateSandboxAsync(IContainerRuntime runtime, string uid)
    {
        await runtime.CreateSandboxAsync(
            new SandboxSpec { PodUid = uid, PodName = "a", PodNamespace = "default", Hostname = "a", Directory = _folder }, Cancelled);
        return (await runtime.InspectAsync(uid, Cancelled))!;
    }

    private sealed class LeapingClock : TimeProvider
    {
        public TimeSpan Leap { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Leap.TotalSeconds * TimestampFrequency);
    }

    private sealed class CountingLogger : ILogger
    {
        public int Lines { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines++;
    }
}
