using OrleansOrchestrator.Testing;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Troubles;

/// <summary>A cluster in one process whose embedded database lies on a disk that fills up.</summary>
public sealed class EmbeddedTroubleTests : IAsyncLifetime
{
    private SmallDisk? _disk;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _disk = await SmallDisk.TryMountAsync(megabytes: 64, Cancellation);

    public ValueTask DisposeAsync() => _disk?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Dev_WhoseDiskIsFull_RefusesWritesAndRecovers()
    {
        Assert.SkipWhen(_disk is null, "mounting a small disk is not allowed here");
        var folder = Path.Combine(_disk.Folder, "data");
        await using var dev = OrchestratorProgram.Start(["dev", "--port", "0", "--runtime", "hollow", "--data", folder]);
        await Eventually.HoldsAsync(() => dev.HasEnded || dev.Output.Contains("ready", StringComparison.Ordinal));
        dev.HasEnded.ShouldBeFalse(dev.Errors);
        using var api = new ApiConnection(Path.Combine(folder, "kubeconfig"), CancellationToken.None);
        var trial = new TroubleTrial(api, () => dev.Output + dev.Errors);

        await trial.EndureAsync(
            "is full",
            () =>
            {
                _disk.Fill();
                return Task.CompletedTask;
            },
            () =>
            {
                _disk.Empty();
                return Task.CompletedTask;
            });
        dev.HasEnded.ShouldBeFalse("no restart is needed");
    }
}
