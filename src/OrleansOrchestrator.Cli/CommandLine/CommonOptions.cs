using System.CommandLine;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    /// <summary>Where a command keeps what it needs across restarts.</summary>
    public static Option<string> Data() => EnvironmentOption.Create("--data", "Folder for state and the kubeconfig", DefaultDataDirectory());

    /// <summary>The API's port.</summary>
    public static Option<int> Port() => EnvironmentOption.Create("--port", "Port of the Kubernetes API (HTTPS)", 6443).AsPort();

    /// <summary>What runs containers.</summary>
    public static Option<string> Runtime() => OneOf(
        EnvironmentOption.Create("--runtime", "What runs containers: auto, docker, process or hollow", "auto"), "auto", "docker", "process", "hollow");

    /// <summary>How much is logged.</summary>
    public static Option<LogLevel> Verbosity() =>
        EnvironmentOption.Create("--log-level", "Lowest level that is logged: trace, debug, information, warning, error", LogLevel.Warning);

    /// <summary>The PostgreSQL database.</summary>
    public static Option<string> Postgres()
    {
        var option = EnvironmentOption.Create("--postgres", "PostgreSQL connection string, as in \"Host=db;Database=orchestrator;Username=app;Password=…\"", "");
        option.Validators.Add(result =>
        {
            if (string.IsNullOrEmpty(result.GetValueOrDefault<string>()))
                result.AddError("--postgres is required");
        });
        return option;
    }

    private static Option<string> OneOf(Option<string> option, params string[] values)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } value && !values.Contains(value, StringComparer.Ordinal))
                result.AddError($"{option.Name} must be one of {string.Join(", ", values)}, not \"{value}\"");
        });
        return option;
    }

    private static string DefaultDataDirectory() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".orchestrator");
}
