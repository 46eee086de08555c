namespace OrleansOrchestrator.Testing.Programs;

/// <summary>The executable under test, in the configuration of these tests.</summary>
public static class OrchestratorProgram
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>The root folder of the repository.</summary>
    public static string Repository => RepositoryFolder.Path;

    /// <summary>The executable.</summary>
    public static string Path { get; } = FindExecutable();

    /// <summary>Starts it.</summary>
    public static RunningCommand Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        RunningCommand.Start(Path, arguments, environment: environment);

    /// <summary>Runs it to its end.</summary>
    public static async Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        await using var command = Start(arguments, environment);
        return await command.WaitAsync(Timeout);
    }

    private static string FindExecutable()
    {
        // …/tests/<project>/bin/<configuration>/<framework>/
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var configuration = framework.Parent!.Name;
        var path = System.IO.Path.Combine(
            Repository, "src", "OrleansOrchestrator.Cli", "bin", configuration, framework.Name, "orchestrator");
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is not built");
    }
}
