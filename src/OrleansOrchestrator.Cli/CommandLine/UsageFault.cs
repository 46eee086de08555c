using System.CommandLine;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary>Says in one line what is wrong with a command line.</summary>
internal static class UsageFault
{
    // A word with more differences is not suggested.
    private const int TypingErrorsMax = 2;

    /// <summary>Describes the fault. An unknown word comes before a missing one, because it says more.</summary>
    public static string Describe(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is not [var token, ..])
            return parsed.Errors[0].Message.ReplaceLineEndings(" ");
        var meant = Meant(token, parsed.CommandResult.Command);
        return meant is null ? $"unknown command or option \"{token}\"" : $"unknown command or option \"{token}\"; did you mean \"{meant}\"?";
    }

    private static string? Meant(string token, Command command) => command.Subcommands.Concat<Symbol>(command.Options)
        .Where(symbol => !symbol.Hidden)
        .Select(symbol => (symbol.Name, Errors: TypingErrors(token, symbol.Name)))
        .Where(candidate => candidate.Errors <= TypingErrorsMax && candidate.Errors < candidate.Name.TrimStart('-').Length)
        .OrderBy(candidate => candidate.Errors)
        .Select(candidate => candidate.Name)
        .FirstOrDefault();

    /// <summary>The edit distance of two words. Swapping two neighbours counts as one edit.</summary>
    private static int TypingErrors(string typed, string meant)
    {
        var errors = new int[typed.Length + 1, meant.Length + 1];
        for (var i = 0; i <= typed.Length; i++)
            errors[i, 0] = i;
        for (var j = 0; j <= meant.Length; j++)
            errors[0, j] = j;
        for (var i = 1; i <= typed.Length; i++)
        {
            for (var j = 1; j <= meant.Length; j++)
            {
                var change = errors[i - 1, j - 1] + (typed[i - 1] == meant[j - 1] ? 0 : 1);
                errors[i, j] = Math.Min(change, Math.Min(errors[i - 1, j], errors[i, j - 1]) + 1);
                if (i > 1 && j > 1 && typed[i - 1] == meant[j - 2] && typed[i - 2] == meant[j - 1])
                    errors[i, j] = Math.Min(errors[i, j], errors[i - 2, j - 2] + 1);
            }
        }

        return errors[typed.Length, meant.Length];
    }
}
