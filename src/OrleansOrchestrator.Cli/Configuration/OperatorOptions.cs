using System.Text;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Documents.Yaml;

namespace OrleansOrchestrator.Cli.Configuration;

/// <summary>
/// The options that an operator has set: in a YAML or JSON file, and in environment variables, which take precedence. The option
/// <c>watch:historyAge</c> is <c>ORCHESTRATOR_WATCH__HISTORYAGE</c>. Read once, at the start of the process.
/// </summary>
internal sealed class OperatorOptions
{
    private const string Prefix = "ORCHESTRATOR_";

    private readonly Dictionary<Type, object> _options = [];

    private OperatorOptions(IConfiguration configuration, ICollection<string> faults)
    {
        foreach (var section in OptionSections.All)
            _options[section.Type] = section.Bind(configuration.GetSection(section.Name), faults);
    }

    /// <summary>The options with nothing set.</summary>
    public static OperatorOptions Default { get; } = new(new ConfigurationBuilder().Build(), []);

    /// <summary>Reads and validates the options.</summary>
    /// <param name="file">The file's path; empty for none.</param>
    /// <exception cref="CommandException">The file cannot be read, or an option is invalid; the message lists all faults.</exception>
    public static OperatorOptions Read(string file)
    {
        var faults = new List<string>();
        var inFile = FromFile(file);
        var inEnvironment = FromEnvironment();
        NameUnknown(inFile.GetChildren(), faults);
        NameUnknown(inEnvironment.GetChildren(), faults);
        var options = new OperatorOptions(new ConfigurationBuilder().AddConfiguration(inFile).AddConfiguration(inEnvironment).Build(), faults);
        return faults.Count == 0 ? options : throw new CommandException($"options that cannot be used: {string.Join(' ', faults)}");
    }

    /// <summary>The options of a section.</summary>
    public T Get<T>()
        where T : class => (T)_options[typeof(T)];

    private static void NameUnknown(IEnumerable<IConfigurationSection> sections, List<string> faults)
    {
        foreach (var section in sections)
        {
            if (!OptionSections.All.Any(known => known.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase)))
                faults.Add($"there are no options {section.Key}; there are {string.Join(", ", OptionSections.All.Select(known => known.Name))}.");
        }
    }

    private static IConfiguration FromEnvironment()
    {
        // Variables without two underscores belong to the command line, as ORCHESTRATOR_POSTGRES does, which is also the name of a section.
        var variables = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build().AsEnumerable();
        return new ConfigurationBuilder().AddInMemoryCollection(variables.Where(one => one.Key.Contains(ConfigurationPath.KeyDelimiter, StringComparison.Ordinal))).Build();
    }

    private static IConfiguration FromFile(string file)
    {
        if (file.Length == 0)
            return new ConfigurationBuilder().Build();
        try
        {
            var json = YamlConverter.ToJson(Encoding.UTF8.GetBytes(File.ReadAllText(file)));
            using var stream = new MemoryStream(json);
            return new ConfigurationBuilder().AddJsonStream(stream).Build();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or YamlConversionException or FormatException or InvalidDataException)
        {
            throw new CommandException($"cannot use the options in {file}: {unreadable.Message.ReplaceLineEndings(" ")}", unreadable);
        }
    }
}
