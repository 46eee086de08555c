using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Usage;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Usage;

public sealed class StorageMeterTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly string _folder = Directory.CreateTempSubdirectory("storage-meter-").FullName;
    private readonly StorageMeter _meter;
    private Func<string, Task<IReadOnlyDictionary<string, ContainerStorage>>> _measure = pod => Answer(pod);
    private int _measurements;

    public StorageMeterTests()
    {
        var runtime = StubRuntime.With(new Dictionary<string, Func<object?[], object?>>
        {
            ["ImageFolder"] = _ => null,
            ["HasImages"] = _ => true,
            ["MeasureStorageAsync"] = arguments =>
            {
                Interlocked.Increment(ref _measurements);
                return _measure(((IReadOnlyCollection<PodSandbox>)arguments[0]!).Single().PodUid);
            },
        });
        _meter = new StorageMeter(
            () => [Pod("a"), Pod("b")], _ => new Dictionary<string, string> { ["data"] = _folder }, runtime, _folder, TimeSpan.FromMinutes(1), _time, NullLogger<StorageMeter>.Instance);
    }

    [Fact]
    public async Task Look_WithinThePeriod_IsAnsweredFromWhatWasFound()
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder, "file"), new byte[100_000], Token);

        var found = (await _meter.LookAsync(Token))!;
        found.Pods["a"].Containers["c-a"].Root!.Value.Bytes.ShouldBe(7);
        found.Pods["a"].Volumes.ShouldHaveSingleItem().UsedBytes!.Value.ShouldBeInRange(100_000, 200_000);
        found.NodeFs!.CapacityBytes.ShouldBeGreaterThan(0);
        _time.Advance(TimeSpan.FromSeconds(59));
        await _meter.LookAsync(Token);
        _measurements.ShouldBe(2, "one for each pod");

        _time.Advance(TimeSpan.FromSeconds(2));
        await _meter.LookAsync(Token);
        await Eventually.HoldsAsync(() => Volatile.Read(ref _measurements) == 4, "it is measured again");
    }

    [Fact]
    public async Task Look_WhenAnEngineHangs_IsAnsweredWithWhatIsKnown()
    {
        var never = new TaskCompletionSource<IReadOnlyDictionary<string, ContainerStorage>>();
        _measure = pod => pod == "a" ? Answer(pod) : never.Task;

        var first = _meter.LookAsync(Token);
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            return first.IsCompleted;
        }, "it does not wait for ever");

        (await first)!.Pods.Keys.ShouldBe(["a"]);
        _time.Advance(TimeSpan.FromHours(1));
        (await _meter.LookAsync(Token))!.Pods.Keys.ShouldBe(["a"]);
        _measurements.ShouldBe(2, "there is one measurement at a time");

        never.SetResult(new Dictionary<string, ContainerStorage>());
        await Eventually.HoldsAsync(async () => (await _meter.LookAsync(Token))!.Pods.ContainsKey("b"), "it goes on");
    }

    [Fact]
    public async Task Look_WhenAnEngineFails_TellsOfTheFileSystemsAllTheSame()
    {
        _measure = _ => Task.FromException<IReadOnlyDictionary<string, ContainerStorage>>(new RuntimeException(RuntimeException.Unavailable, "away"));

        var found = await _meter.LookAsync(Token);

        found!.NodeFs.ShouldNotBeNull();
        found.Pods.ShouldBeEmpty();
    }

    public void Dispose()
    {
        _meter.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<IReadOnlyDictionary<string, ContainerStorage>> Answer(string pod) => Task.FromResult<IReadOnlyDictionary<string, ContainerStorage>>(
        new Dictionary<string, ContainerStorage> { [$"c-{pod}"] = new(new StorageUsage(7, 0), default) });

    private static (V1Pod Pod, PodSandbox Sandbox) Pod(string uid)
    {
        var pod = TestPods.Shell(uid, "");
        pod.Spec.Volumes = [new V1Volume { Name = "data", EmptyDir = new V1EmptyDirVolumeSource() }, new V1Volume { Name = "host", HostPath = new V1HostPathVolumeSource { Path = "/" } }];
        return (pod, new PodSandbox { Id = uid, PodUid = uid, PodName = uid, PodNamespace = "default" });
    }
}
