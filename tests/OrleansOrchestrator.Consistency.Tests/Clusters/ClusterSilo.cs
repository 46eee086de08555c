using System.Globalization;
using OrleansOrchestrator.Testing;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Clusters;

/// <summary>One silo process, which is killed, paused and started again on the same ports and data, with its own way to the database.</summary>
internal sealed class ClusterSilo(string name, string postgres, int apiPort, int siloPort, FaultProxy proxy, string dataFolder) : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private RunningCommand? _process;

    /// <summary>Its name, which is also that of its database sessions.</summary>
    public string Name => name;

    /// <summary>Its connections to the database go through here.</summary>
    public FaultProxy Proxy => proxy;

    /// <summary>Where the other silos reach it.</summary>
    public int SiloPort => siloPort;

    public string KubeConfig => Path.Combine(dataFolder, "kubeconfig");

    public int Id => _process!.Id;

    public bool IsRunning => _process is { HasEnded: false };

    /// <summary>What it has said since it was last started.</summary>
    public string Log => _process is null ? "" : _process.Output + _process.Errors;

    /// <summary>Starts it and waits until it is ready. One that ends before that is started again: the database may have been away.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        Launch();
        while (!_process!.Output.Contains("ready", StringComparison.Ordinal))
        {
            if (TimeProvider.System.GetElapsedTime(deadline) > StartsWithin)
                throw new TimeoutException($"{name} was not ready within {StartsWithin.TotalSeconds} s:\n{Log}");
            await Task.Delay(Interval, TimeProvider.System, cancellationToken);
            if (_process.HasEnded)
                Launch();
        }
    }

    public Task KillAsync() => _process!.KillAsync();

    public Task PauseAsync() => _process!.SignalAsync("STOP");

    public Task ContinueAsync() => _process!.SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        await proxy.DisposeAsync();
    }

    private void Launch() => _process = OrchestratorProgram.Start(
    [
        "silo", "--postgres", postgres, "--cluster", "consistency", "--data", dataFolder,
        "--port", apiPort.ToString(CultureInfo.InvariantCulture), "--silo-port", siloPort.ToString(CultureInfo.InvariantCulture),
    ]);
}
