using System.CommandLine;
using System.CommandLine.Parsing;
using System.ComponentModel;
using System.Globalization;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary>Options that can also be set by an environment variable: <c>--silo-port</c> is <c>ORCHESTRATOR_SILO_PORT</c>.</summary>
internal static class EnvironmentOption
{
    /// <summary>Creates an option whose default is its environment variable, or else a fixed value.</summary>
    /// <param name="name">The flag, as in <c>--port</c>.</param>
    /// <param name="description">The description for help.</param>
    /// <param name="fallback">The value if neither flag nor variable is set.</param>
    public static Option<T> Create<T>(string name, string description, T fallback)
    {
        var variable = VariableOf(name);
        return new Option<T>(name)
        {
            Description = $"{description} [env: {variable}]",
            HelpName = HelpNameOf(name),
            DefaultValueFactory = result => FromEnvironment(result, variable, fallback),
        };
    }

    /// <summary>Creates an option for a secret. Its environment variable is not its default value, because help shows defaults.</summary>
    /// <param name="name">The flag.</param>
    /// <param name="description">The description for help.</param>
    public static Option<string?> CreateSecret(string name, string description) => new(name)
    {
        Description = $"{description} [env: {VariableOf(name)}]",
        HelpName = HelpNameOf(name),
    };

    /// <summary>The secret of such an option; null if neither flag nor variable is set.</summary>
    public static string? SecretOf(SymbolResult result, Option<string?> option) =>
        (result.GetValue(option) ?? Environment.GetEnvironmentVariable(VariableOf(option.Name))) is { Length: > 0 } secret ? secret : null;

    /// <summary>Refuses an invalid port.</summary>
    public static Option<int> AsPort(this Option<int> option) => option.Within(0, 65_535);

    /// <summary>Refuses a number outside a range.</summary>
    public static Option<int> Within(this Option<int> option, int min, int max)
    {
        option.Validators.Add(result =>
        {
            var variable = VariableOf(option.Name);
            var (source, text) = result.Tokens is [var token, ..] ? (option.Name, token.Value) : (variable, Environment.GetEnvironmentVariable(variable));
            if (string.IsNullOrEmpty(text))
                return;
            if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < min || value > max)
                result.AddError($"{source} must be a number between {min} and {max}, not \"{text}\"");
        });
        return option;
    }

    /// <summary>Refuses a value that is none of the given words, ignoring case, and lists the words in the description.</summary>
    public static Option<string> OneOf(this Option<string> option, params string[] words)
    {
        option.Description = option.Description!.Replace(" [env:", $": {string.Join(", ", words)} [env:", StringComparison.Ordinal);
        option.CompletionSources.Add(words);
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } value && !words.Contains(value, StringComparer.OrdinalIgnoreCase))
                result.AddError($"{option.Name} must be one of {string.Join(", ", words)}, not \"{value}\"");
        });
        return option;
    }

    /// <summary>The environment variable of a flag.</summary>
    public static string VariableOf(string name) =>
        "ORCHESTRATOR_" + name.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>The name of a flag's value in help: the flag's last word.</summary>
    public static string HelpNameOf(string name) => name[(name.LastIndexOf('-') + 1)..];

    private static T FromEnvironment<T>(ArgumentResult result, string variable, T fallback)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(text))
            return fallback;
        try
        {
            return (T)TypeDescriptor.GetConverter(typeof(T)).ConvertFromInvariantString(text)!;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or NotSupportedException)
        {
            result.AddError($"{variable}: \"{text}\" is not a {typeof(T).Name}");
            return fallback;
        }
    }
}
