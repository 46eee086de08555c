using System.CommandLine;
using System.CommandLine.Help;
using OrleansOrchestrator.Cli.Failures;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary>The executable's command line.</summary>
internal static class Orchestrator
{
    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("A container orchestrator that speaks the Kubernetes API and has no master.")
        {
            DevCommand.Create(),
            SiloCommand.Create(),
            NodeCommand.Create(),
            TokenCommand.Create(),
            UserCommand.Create(),
            MigrateCommand.Create(),
            KubeConfigCommand.Create(),
            HelloCommand.Create(),
            VersionCommand.Create(),
            CompletionCommand.Create(),
        };
        root.Add(HelpCommand.Create(root));
        var help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Clear();
        help.Aliases.Add("-h");
        var parsed = root.Parse(args.Length > 0 ? args : ["--help"]);
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"orchestrator: {UsageFault.Describe(parsed)} (see orchestrator {CommandPath(parsed)}--help)");
            return ExitCodes.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception fault)
        {
            await Console.Error.WriteLineAsync($"orchestrator: {Faults.Describe(fault)}");
            if (CommonOptions.VerbosityOf(parsed) <= LogLevel.Debug)
                await Console.Error.WriteLineAsync(fault.ToString());
            return ExitCodes.Failure;
        }
    }

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
}
