using System.Diagnostics;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>One process of a cluster under test: <c>dev</c>, <c>silo</c> or <c>node</c>.</summary>
internal sealed class Member : IAsyncDisposable
{
    // Clusters of many tests share this machine's kernel at the same time.
    private static readonly IReadOnlyDictionary<string, string> UserSpaceProxy = new Dictionary<string, string> { ["ORCHESTRATOR_NODE__PROXYMODE"] = "UserSpace" };

    // What starts compiles for seconds of the processor's time, which it shares with whatever else starts.
    private static readonly TimeSpan StartsWithin = 2 * Eventually.Patience;

    private readonly RunningCommand _command;

    private Member(RunningCommand command, string dataFolder)
    {
        _command = command;
        DataFolder = dataFolder;
    }

    public string DataFolder { get; }

    public int Id => _command.Id;

    public string KubeConfig => Path.Combine(DataFolder, "kubeconfig");

    /// <summary>Starts a process and does not wait.</summary>
    public static Member Launch(string dataFolder, params string[] arguments) =>
        new(OrchestratorProgram.Start([.. arguments, "--data", dataFolder], UserSpaceProxy), dataFolder);

    /// <summary>Starts a process by way of another program, which it replaces, and does not wait. It serves services in user space unless
    /// the environment says otherwise.</summary>
    public static Member LaunchBy(
        IReadOnlyList<string> program, IReadOnlyDictionary<string, string> environment, string dataFolder, params string[] arguments) =>
        new(RunningCommand.Start(program[0], [.. program.Skip(1), OrchestratorProgram.Path, .. arguments, "--data", dataFolder], environment: UserSpaceProxy.Concat(environment).ToDictionary()), dataFolder);

    /// <summary>Sends a signal, by its name without SIG.</summary>
    public Task SignalAsync(string signal) => _command.SignalAsync(signal);

    /// <summary>Starts a process and waits until it says that it is ready.</summary>
    public static async Task<Member> StartAsync(string dataFolder, params string[] arguments)
    {
        var member = Launch(dataFolder, arguments);
        try
        {
            await member.WaitUntilReadyAsync();
            return member;
        }
        catch
        {
            await member.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the process says that it is ready.</summary>
    public Task WaitUntilReadyAsync() => Eventually.PassesAsync(
        () =>
        {
            if (_command.HasEnded)
                throw new OperationCanceledException($"the process has ended:\n{Describe()}");
            _command.Output.ShouldContain("ready", Case.Sensitive, Describe());
        },
        "it says that it is ready",
        StartsWithin);

    /// <summary>Tells the process to stop, and expects it to do so without a complaint.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> StopAsync(string signal = "TERM")
    {
        var clock = Stopwatch.StartNew();
        await _command.SignalAsync(signal);
        var result = await _command.WaitAsync(Eventually.Patience);
        result.ExitCode.ShouldBe(0, result.ToString());
        return clock.Elapsed;
    }

    /// <summary>Ends the process like a crash.</summary>
    public Task KillAsync() => _command.KillAsync();

    /// <summary>What the process has said.</summary>
    public string Describe() => $"$ {_command.CommandLine}\n{_command.Output}{_command.Errors}";

    public bool HasEnded => _command.HasEnded;

    public ValueTask DisposeAsync() => _command.DisposeAsync();
}
