using System.CommandLine;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary>Options that several commands have.</summary>
internal static class CommonOptions
{
    private const string VerbosityName = "--log-level";

    /// <summary>Where a command keeps what it needs across restarts.</summary>
    public static Option<string> Data() => EnvironmentOption.Create("--data", "Folder for state and the kubeconfig", DefaultDataDirectory());

    /// <summary>The API's port.</summary>
    public static Option<int> Port() => EnvironmentOption.Create("--port", "Port of the Kubernetes API (HTTPS)", 6443).AsPort();

    /// <summary>What runs containers.</summary>
    public static Option<string> Runtime() =>
        EnvironmentOption.Create("--runtime", "What runs containers", "auto").OneOf("auto", "docker", "process", "hollow");

    /// <summary>How much is logged.</summary>
    public static Option<string> Verbosity() => EnvironmentOption.Create(VerbosityName, "Lowest level that is logged, on standard error", "warning")
        .OneOf("trace", "debug", "information", "warning", "error", "critical", "none");

    /// <summary>The level that a command line asks for; none if its command has no such option.</summary>
    public static LogLevel VerbosityOf(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == VerbosityName) is Option<string> option
            ? Enum.Parse<LogLevel>(parsed.GetRequiredValue(option), ignoreCase: true)
            : LogLevel.None;

    /// <summary>The times by which silos and nodes tell that a node is gone: the same on all of them.</summary>
    public static Option<string> Times()
    {
        var option = EnvironmentOption.Create(
            "--fencing-times", "Times by which a silent node stops its pods and others replace them, the same on all silos and nodes", new FencingTimes().ToString());
        option.Validators.Add(result =>
        {
            try
            {
                foreach (var fault in FencingTimes.Parse(result.GetValueOrDefault<string>() ?? "").Faults())
                    result.AddError($"{option.Name}: {fault}");
            }
            catch (FormatException malformed)
            {
                result.AddError($"{option.Name}: {malformed.Message}");
            }
        });
        return option;
    }

    /// <summary>The times that a command line asks for.</summary>
    public static FencingTimes TimesOf(ParseResult parsed, Option<string> option) => FencingTimes.Parse(parsed.GetRequiredValue(option));

    private static string DefaultDataDirectory() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".orchestrator");
}
