using System.CommandLine;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator help</c>: prints the same as <c>--help</c>.</summary>
internal static class HelpCommand
{
    public static Command Create(RootCommand root)
    {
        var topic = new Argument<string?>("command") { Description = "The command to explain", Arity = ArgumentArity.ZeroOrOne, HelpName = "command" };
        topic.CompletionSources.Add([.. root.Subcommands.Where(known => !known.Hidden).Select(known => known.Name)]);
        topic.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !root.Subcommands.Any(known => known.Name == token.Value))
                result.AddError($"there is no command \"{token.Value}\"");
        });
        var command = new Command("help", "Explain a command and its options.") { topic };
        command.SetAction((parsed, cancellationToken) =>
        {
            string[] args = parsed.GetValue(topic) is { } name ? [name, "--help"] : ["--help"];
            return root.Parse(args).InvokeAsync(cancellationToken: cancellationToken);
        });
        return command;
    }
}
