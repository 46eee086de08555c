using System.CommandLine;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    private const string VerbosityName = "--log-level";

    /// <summary>The folder in which a command keeps what it needs across restarts.</summary>
    public static Option<string> Data() => EnvironmentOption.Create("--data", "Folder for state and the kubeconfig", DefaultDataDirectory());

    /// <summary>The file with the options that are not flags.</summary>
    public static Option<string> Config() => EnvironmentOption.Create("--config", "File with further options, in YAML or JSON (docs/options.md)", "");

    /// <summary>The API's port.</summary>
    public static Option<int> Port() => EnvironmentOption.Create("--port", "Port of the Kubernetes API (HTTPS)", 6443).AsPort();

    /// <summary>The container runtime.</summary>
    public static Option<string> Runtime() =>
        EnvironmentOption.Create("--runtime", "What runs containers", "auto").OneOf("auto", "docker", "containerd", "process", "hollow");

    /// <summary>The lowest level that is logged.</summary>
    public static Option<string> Verbosity() => EnvironmentOption.Create(VerbosityName, "Lowest level that is logged, on standard error", "warning")
        .OneOf("trace", "debug", "information", "warning", "error", "critical", "none");

    /// <summary>The level that a command line sets; none if its command has no such option.</summary>
    public static LogLevel VerbosityOf(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == VerbosityName) is Option<string> option
            ? Enum.Parse<LogLevel>(parsed.GetRequiredValue(option), ignoreCase: true)
            : LogLevel.None;

    private static string DefaultDataDirectory() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".orchestrator");
}
