using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Tests;

public sealed class UsageMeterTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly HollowRuntime _runtime;
    private readonly UsageMeter _meter;
    private readonly V1Pod _pod = TestPods.Shell("a", "");
    private int _samples;

    public UsageMeterTests()
    {
        _pod.Metadata.Uid = "uid-a";
        _runtime = new HollowRuntime(1, _time) { UsageOf = _ => new ContainerUsage(Used, 1024) };
        _meter = new UsageMeter("n1", () => [(_pod, Sandbox)], _runtime, () => new ContainerUsage(++_samples * 1_000_000_000L, 4096), _time);
    }

    private PodSandbox Sandbox { get; set; } = null!;

    /// <summary>Half a processor, all the time.</summary>
    private long Used => (long)(_time.GetUtcNow() - _time.Start).TotalNanoseconds / 2;

    [Fact]
    public async Task Usage_AskedForTheFirstTime_IsMeasuredOverASecond()
    {
        await StartContainerAsync("main", 0);

        var summary = await MeasureAsync(firstTime: true);

        var container = summary.Pods.ShouldHaveSingleItem().Containers.ShouldHaveSingleItem();
        (container.Name, container.Cpu!.UsageNanoCores, container.Cpu.WindowNanoSeconds).ShouldBe(("main", 500_000_000, 1_000_000_000));
        container.Memory.WorkingSetBytes.ShouldBe(1024);
        summary.Node.Cpu!.UsageNanoCores.ShouldBe(1_000_000_000);
        _samples.ShouldBe(2);
    }

    [Fact]
    public async Task Usage_AskedForAgain_IsMeasuredSinceTheLastTime()
    {
        await StartContainerAsync("main", 0);
        var first = await MeasureAsync(firstTime: true);

        (await MeasureAsync()).ShouldBeSameAs(first, "those who ask at the same time share an answer");
        _time.Advance(TimeSpan.FromSeconds(15));
        var later = await MeasureAsync();
        later.Pods[0].Containers[0].Cpu!.WindowNanoSeconds.ShouldBe(15_000_000_000);
        later.Pods[0].Containers[0].Cpu!.UsageNanoCores.ShouldBe(500_000_000);

        _time.Advance(TimeSpan.FromMinutes(10));
        (await MeasureAsync(firstTime: true)).Pods[0].Containers[0].Cpu!.WindowNanoSeconds.ShouldBe(1_000_000_000, "a window of ten minutes would hide the present");
    }

    [Fact]
    public async Task Usage_OfAContainerThatHasStartedSince_IsMeasuredSinceItsStart()
    {
        await StartContainerAsync("main", 0);
        await MeasureAsync(firstTime: true);
        _time.Advance(TimeSpan.FromSeconds(10));
        await _runtime.RemoveContainerAsync("uid-a.main.0", TestContext.Current.CancellationToken);
        await StartContainerAsync("main", 1);
        _runtime.UsageOf = _ => new ContainerUsage(1_000_000_000, 2048);

        _time.Advance(TimeSpan.FromSeconds(4));
        (await MeasureAsync()).Pods[0].Containers[0].Cpu!.UsageNanoCores.ShouldBe(250_000_000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Usage_WhenWhoeverAskedFirstHasGivenUp_IsOfThePresentAndOverASecond(bool isMeasuredBefore)
    {
        await StartContainerAsync("main", 0);
        if (isMeasuredBefore)
            await MeasureAsync(firstTime: true);
        _time.Advance(TimeSpan.FromHours(2));
        using var impatience = new CancellationTokenSource();
        var givenUp = _meter.MeasureAsync(impatience.Token);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(givenUp);

        var cpu = (await MeasureAsync(firstTime: true)).Pods[0].Containers[0].Cpu!;

        cpu.WindowNanoSeconds.ShouldBeGreaterThanOrEqualTo(1_000_000_000);
        (_time.GetUtcNow() - cpu.Time).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        cpu.UsageNanoCores.ShouldBe(500_000_000);
    }

    [Fact]
    public async Task Sample_TakenBefore_IsSharedAndBeginsTheWindowOfASummary()
    {
        await StartContainerAsync("main", 0);
        var sample = await _meter.SampleAsync(TestContext.Current.CancellationToken);
        (await _meter.SampleAsync(TestContext.Current.CancellationToken)).ShouldBeSameAs(sample);
        _samples.ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(4));
        (await MeasureAsync()).Pods[0].Containers[0].Cpu!.WindowNanoSeconds.ShouldBe(4_000_000_000);
        (await _meter.SampleAsync(TestContext.Current.CancellationToken)).Time.ShouldBe(_time.GetUtcNow(), "that of the summary serves too");
        _samples.ShouldBe(2);
    }

    public async ValueTask DisposeAsync()
    {
        _meter.Dispose();
        await _runtime.DisposeAsync();
    }

    private async Task<StatsSummary> MeasureAsync(bool firstTime = false)
    {
        var measuring = _meter.MeasureAsync(TestContext.Current.CancellationToken);
        measuring.IsCompleted.ShouldBe(!firstTime);
        if (firstTime)
            _time.Advance(TimeSpan.FromSeconds(1));
        return await measuring;
    }

    private async Task StartContainerAsync(string name, int attempt)
    {
        var token = TestContext.Current.CancellationToken;
        if (Sandbox is null)
            await _runtime.CreateSandboxAsync(new SandboxSpec { PodUid = "uid-a", PodName = "a", PodNamespace = "default", Hostname = "a", Directory = "" }, token);
        Sandbox = (await _runtime.InspectAsync("uid-a", token))!;
        await _runtime.StartContainerAsync(await _runtime.CreateContainerAsync(Sandbox, new ContainerSpec { Name = name, Attempt = attempt, Image = "", PodDirectory = "" }, token), token);
        Sandbox = (await _runtime.InspectAsync("uid-a", token))!;
    }
}
