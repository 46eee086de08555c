namespace OrleansOrchestrator.EndToEnd.Tests.Commands;

/// <summary>The real kubectl, with a kubeconfig and a home folder of its own.</summary>
internal sealed class Kubectl(string kubeConfig, string home)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    private readonly Dictionary<string, string> _environment = new(KubectlProgram.Environment)
    {
        ["KUBECONFIG"] = kubeConfig,
        ["HOME"] = home,
    };

    /// <summary>The same kubectl, as it was before 1.30: it speaks SPDY where it has streams.</summary>
    public Kubectl OverSpdy()
    {
        var older = new Kubectl(kubeConfig, home);
        older._environment["KUBECTL_REMOTE_COMMAND_WEBSOCKETS"] = older._environment["KUBECTL_PORT_FORWARD_WEBSOCKETS"] = "false";
        return older;
    }

    /// <summary>Why kubectl cannot be used here, or null if it can.</summary>
    public static string? Missing { get; } = KubectlProgram.Path is null ? "kubectl is not in PATH" : null;

    /// <summary>Where it keeps what it has learnt about the API.</summary>
    public string CacheFolder => Path.Combine(home, "cache");

    /// <summary>Runs it, and expects it to succeed.</summary>
    public async Task<CommandResult> RunAsync(params string[] arguments) => Succeeded(await TryAsync(arguments));

    /// <summary>Runs it with a text on standard input, and expects it to succeed.</summary>
    public async Task<CommandResult> RunWithInputAsync(string input, params string[] arguments) =>
        Succeeded(await TryWithInputAsync(input, arguments));

    /// <summary>Runs it.</summary>
    public Task<CommandResult> TryAsync(params string[] arguments) => TryWithInputAsync("", arguments);

    /// <summary>Runs it with a text on standard input.</summary>
    public async Task<CommandResult> TryWithInputAsync(string input, params string[] arguments)
    {
        await using var command = Start(arguments, input);
        return await command.WaitAsync(Timeout);
    }

    /// <summary>Runs it with more environment variables, and expects it to succeed.</summary>
    public async Task<CommandResult> RunInEnvironmentAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        await using var command = RunningCommand.Start(KubectlProgram.Path!, Complete(arguments), "", _environment.Concat(environment).ToDictionary());
        return Succeeded(await command.WaitAsync(Timeout));
    }

    /// <summary>Starts it, for commands that go on until they are told to stop.</summary>
    public RunningCommand Start(IReadOnlyList<string> arguments, string input = "") =>
        RunningCommand.Start(KubectlProgram.Path!, Complete(arguments), input, _environment);

    private static CommandResult Succeeded(CommandResult result)
    {
        if (result.ExitCode != 0)
            Assert.Fail(result.ToString());
        return result;
    }

    private string[] Complete(IReadOnlyList<string> arguments) => ["--cache-dir", CacheFolder, .. arguments];
}
