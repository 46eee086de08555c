using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>What the daemon learns from an engine that refuses, fails or takes its time.</summary>
public sealed class DockerFaultTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("docker-fault-").FullName;
    private readonly FakeEngine _engine = FakeEngine.Start();
    private int _attempts;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private const string Unclear = "OCI runtime create failed: runc create failed: unable to start container process: can't get final child's PID from pipe: EOF";

    [Fact]
    public async Task Protection_AfterOneStartThatFailedForAnotherReason_IsThereAgain()
    {
        await using var runtime = await OpenAsync(TimeProvider.System);
        _engine.Answer = call => Task.FromResult<(int, object)?>(call == "POST /containers/c1/start" ? (500, new { message = Unclear }) : null);

        await CreateSandboxAsync(runtime, "a");
        await CreateContainerAsync(runtime);
        await CreateSandboxAsync(runtime, "b");
        await CreateContainerAsync(runtime);

        Scores().ShouldBe([-998, 0, 0, -998, -500]);
    }

    [Fact]
    public async Task Protection_StartsFailAlsoWithoutIt_IsKept()
    {
        await using var runtime = await OpenAsync(TimeProvider.System);
        const string reason = "Bind for 0.0.0.0:80 failed: port is already allocated";
        _engine.Answer = call => Task.FromResult<(int, object)?>(call.EndsWith("/start", StringComparison.Ordinal) ? (500, new { message = reason }) : null);

        for (var i = 0; i < 4; i++)
            (await Should.ThrowAsync<RuntimeException>(() => CreateSandboxAsync(runtime, "a"))).Message.ShouldContain(reason);

        Scores().ShouldBe([-998, 0, -998, 0, -998, 0, -998, 0]);
    }

    [Theory]
    [InlineData(Unclear, 3)]
    [InlineData("OCI runtime create failed: write /proc/self/oom_score_adj: permission denied: unknown", 1)]
    [InlineData("crun: write to `/proc/self/oom_score_adj`: Permission denied: OCI permission denied", 1)]
    public async Task Protection_TheEngineRefusesIt_IsGivenUp(string message, int tries)
    {
        await using var runtime = await OpenAsync(TimeProvider.System);
        _engine.Answer = call => Task.FromResult<(int, object)?>(
            call.EndsWith("/start", StringComparison.Ordinal) && ScoreOf(int.Parse(call.Split('/')[2][1..])) < 0 ? (500, new { message }) : null);

        for (var i = 0; i < tries + 2; i++)
        {
            await CreateSandboxAsync(runtime, "a");
            await CreateContainerAsync(runtime);
        }

        Scores().Count(score => score < 0).ShouldBe(tries);
    }

    [Theory]
    [InlineData(new[] { 0, 0 }, 0, -998)]
    [InlineData(new[] { 0, -998 }, -500, -998)]
    [InlineData(new int[0], -500, -998)]
    public async Task Protection_AfterARestartOfTheDaemon_IsWhatTheSandboxesHave(int[] found, int ofContainer, int ofSandbox)
    {
        _engine.Answer = call => Task.FromResult<(int, object)?>(
            call == "GET /containers/json" ? (200, found.Select((_, i) => new { Id = $"s{i}", State = "running", Labels = new Dictionary<string, string> { [ContainerLabels.PodUid] = $"p{i}", [ContainerLabels.PodName] = "p", [ContainerLabels.PodNamespace] = "default", [ContainerLabels.Attempt] = "0" } }))
            : call.StartsWith("GET /containers/s", StringComparison.Ordinal) ? (200, new { HostConfig = new { OomScoreAdj = found[call["GET /containers/s".Length] - '0'] } })
            : null);
        await using var runtime = await OpenAsync(TimeProvider.System);
        _engine.Answer = _ => Task.FromResult<(int, object)?>(null);

        await CreateContainerAsync(runtime);
        await CreateSandboxAsync(runtime, "a");

        Scores().ShouldBe([ofContainer, ofSandbox]);
    }

    [Fact]
    public async Task Pod_WhoseContainerIsStillBeingCreated_IsNotRemovedYet()
    {
        var time = new FakeTimeProvider();
        var creation = new TaskCompletionSource();
        await using var runtime = await OpenAsync(time);
        _engine.Answer = async call =>
        {
            if (call == "POST /containers/create")
                await creation.Task;
            return null;
        };
        using var interrupted = new CancellationTokenSource();
        var creating = CreateSandboxAsync(runtime, "a", interrupted.Token);
        await Eventually.HoldsAsync(() => !_engine.Creations.IsEmpty, "the engine creates the container");
        await interrupted.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => creating);

        var removing = runtime.RemovePodAsync("a", Cancelled);
        await Eventually.HoldsAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(11));
            return removing.IsCompleted;
        }, "the removal does not wait for ever");

        (await Should.ThrowAsync<RuntimeException>(() => removing)).Message.ShouldContain("still creating");
        creation.SetResult();
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                await runtime.RemovePodAsync("a", Cancelled);
                return true;
            }
            catch (RuntimeException)
            {
                return false;
            }
        });
    }

    [Fact]
    public async Task Runtime_ThatCannotBeOpened_AsksTheEngineNothingMore()
    {
        var time = new FakeTimeProvider();
        _engine.Answer = call => Task.FromResult<(int, object)?>(call == "GET /containers/json" ? (500, new { message = "broken" }) : null);

        await Should.ThrowAsync<RuntimeException>(() => OpenAsync(time));

        // An answer to a call of this test comes after those to calls that were made before.
        await DockerEngine.RequireAsync(_engine.Address, Cancelled);
        var asked = _engine.Calls.Count;
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await DockerEngine.RequireAsync(_engine.Address, Cancelled);
        _engine.Calls.Count.ShouldBe(asked + 1);
    }

    [Fact]
    public async Task Image_ThatSomebodyGaveAnotherName_Stays()
    {
        await using var runtime = await OpenAsync(TimeProvider.System);
        HasImages(
            null,
            new { Id = "pulled", RepoTags = new[] { "app:1" }, RepoDigests = new[] { "app@sha256:1" } },
            new { Id = "tagged", RepoTags = new[] { "app:2", "mine:keep" }, RepoDigests = new[] { "app@sha256:2" } });

        (await runtime.ListImagesAsync(Cancelled)).Where(image => image.IsPinned).Select(image => image.Id).ShouldBe(["tagged"]);
    }

    [Fact]
    public async Task Image_ThatAVolumeOfAPodShows_IsInUseUntilThePodIsGone()
    {
        await using var runtime = await OpenAsync(TimeProvider.System);
        HasImages(null, new { Id = "shown", RepoTags = new[] { "app:1" }, RepoDigests = new[] { "app@sha256:1" } });
        var pod = Path.Combine(_folder, "pods", "uid");
        ShownImages.Note(pod, "data", "shown");

        var image = (await runtime.ListImagesAsync(Cancelled)).ShouldHaveSingleItem();

        image.IsInUse.ShouldBeTrue();
        (await runtime.RemoveImageAsync(image with { IsInUse = false }, Cancelled)).ShouldBeFalse("the list was older than the volume");
        Directory.Delete(pod, recursive: true);
        (await runtime.ListImagesAsync(Cancelled)).ShouldHaveSingleItem().IsInUse.ShouldBeFalse();
    }

    [Fact]
    public async Task Image_ThatArrivesWhileImagesAreListed_IsStillThisNodesAfterwards()
    {
        var uses = new ImageUses(_folder, TimeProvider.System);
        await using var runtime = await OpenAsync(TimeProvider.System, uses);
        uses.Note("gone");
        HasImages(() => uses.Note("pulled"));

        (await runtime.ListImagesAsync(Cancelled)).ShouldBeEmpty();

        uses.Of("gone").ShouldBeNull();
        uses.Of("pulled").ShouldNotBeNull();
    }

    private void HasImages(Action? listed, params object[] images) => _engine.Answer = call =>
    {
        if (call != "GET /images/json")
            return Task.FromResult<(int, object)?>(null);
        listed?.Invoke();
        return Task.FromResult<(int, object)?>((200, images));
    };

    private Task<DockerRuntime> OpenAsync(TimeProvider time, ImageUses? uses = null) => DockerRuntime.OpenAsync(
        new ContainerOwner(Guid.NewGuid().ToString(), "n"), EngineNetwork.Instance, uses ?? new ImageUses(_folder, time), CgroupLimits.None, _engine.Address, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), time, NullLoggerFactory.Instance, Cancelled);

    private IEnumerable<int> Scores() => _engine.Creations.Select(creation => (int?)creation["HostConfig"]!["OomScoreAdj"] ?? 0);

    private int ScoreOf(int number) => Scores().ElementAt(number - 1);

    private Task<string> CreateContainerAsync(DockerRuntime runtime) => runtime.CreateContainerAsync(
        new PodSandbox { Id = "s", PodUid = "a", PodName = "a", PodNamespace = "default", IsReady = true, CreatedAt = DateTimeOffset.UnixEpoch },
        new ContainerSpec { Name = "main", Attempt = _attempts++, Image = "i", ImageId = "i", PodDirectory = "/tmp", Resources = new ContainerResources { OomScoreAdjust = -500 } },
        Cancelled);

    private static Task CreateSandboxAsync(DockerRuntime runtime, string uid, CancellationToken? cancellation = null) => runtime.CreateSandboxAsync(
        new SandboxSpec { PodUid = uid, PodName = uid, PodNamespace = "default", Hostname = uid, Directory = "/tmp" }, cancellation ?? Cancelled);
}
