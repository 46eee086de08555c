using System.CommandLine;

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
            MigrateCommand.Create(),
            KubeConfigCommand.Create(),
            HelloCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // What is wrong with a word that was given says more than what is missing.
            var error = parsed.UnmatchedTokens is [var token, ..] ? $"unknown command or option \"{token}\"" : parsed.Errors[0].Message;
            await Console.Error.WriteLineAsync($"orchestrator: {error} (see orchestrator {CommandPath(parsed)}--help)");
            return ExitCodes.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (CommandException refused)
        {
            await Console.Error.WriteLineAsync($"orchestrator: {refused.Message}");
            return ExitCodes.Failure;
        }
    }

    private static string CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
}
