using System.Diagnostics;

namespace OrleansOrchestrator.LoadTests.Cluster;

/// <summary>One <c>orchestrator silo</c> process.</summary>
internal sealed class SiloUnderLoad : IAsyncDisposable
{
    private const string Variable = "ORCHESTRATOR_LOAD_PROGRAM";
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;
    private Task _output = Task.CompletedTask;

    private SiloUnderLoad(Process process, string folder)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        KubeConfig = Path.Combine(folder, "kubeconfig");
    }

    public int Id => _process.Id;

    public string KubeConfig { get; }

    /// <summary>From the start of the process until it said that its API is ready.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>Starts a silo and waits until its API is ready.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="arguments">The command and its flags.</param>
    /// <param name="leaseDuration">How long a node may be silent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">It ended; the message has what it said.</exception>
    public static async Task<SiloUnderLoad> StartAsync(
        string folder, IReadOnlyList<string> arguments, TimeSpan leaseDuration, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(new ProcessStartInfo(FindProgram(), [.. arguments, "--data", folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
            Environment = { ["ORCHESTRATOR_FENCING__LEASEDURATION"] = leaseDuration.ToString("c") },
        })!;
        var silo = new SiloUnderLoad(process, folder);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StartWithin);
        while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            if (!line.Contains("ready", StringComparison.Ordinal))
                continue;
            silo.ReadyAfter = Stopwatch.GetElapsedTime(started);
            silo._output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return silo;
        }

        throw new InvalidOperationException($"the silo has ended: {await silo._errors}");
    }

    /// <summary>Ends it like a crash.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        await Task.WhenAll(_output, _errors);
        _process.Dispose();
    }

    /// <summary>The executable that was built together with this harness.</summary>
    public static string FindProgram()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return named;

        // …/tests/<project>/bin/<configuration>/<framework>/
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var repository = framework.Parent!.Parent!.Parent!.Parent!.Parent!;
        var path = Path.Combine(
            repository.FullName, "src", "OrleansOrchestrator.Cli", "bin", framework.Parent.Name, framework.Name, "orchestrator");
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is not built; name another program in {Variable}");
    }
}
