using System.CommandLine;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator completion</c>: prints a shell script that completes the command lines of this program.</summary>
/// <remarks>The scripts ask the program itself, through the <c>[suggest]</c> directive of System.CommandLine, so they are always complete.</remarks>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            # source <(orchestrator completion bash)
            _orchestrator() {
                local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}"
                COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word"))
            }
            complete -o default -F _orchestrator orchestrator

            """,
        ["zsh"] = """
            # source <(orchestrator completion zsh)
            _orchestrator() {
                local -a found
                found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                [[ -n "$found" ]] && compadd -- "${found[@]}" || _files
            }
            compdef _orchestrator orchestrator

            """,
        ["fish"] = """
            # orchestrator completion fish | source
            function __orchestrator
                set --local line (commandline --cut-at-cursor)
                orchestrator "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete --command orchestrator --arguments '(__orchestrator)'

            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = $"The shell: {string.Join(", ", Scripts.Keys)}", HelpName = "shell" };
        shell.CompletionSources.Add([.. Scripts.Keys]);
        shell.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Scripts.ContainsKey(token.Value))
                result.AddError($"the shell must be one of {string.Join(", ", Scripts.Keys)}, not \"{token.Value}\"");
        });
        var command = new Command("completion", "Print a script that completes command lines in a shell: source <(orchestrator completion bash)") { shell };
        command.SetAction(parsed => Console.Write(Scripts[parsed.GetRequiredValue(shell)]));
        return command;
    }
}
