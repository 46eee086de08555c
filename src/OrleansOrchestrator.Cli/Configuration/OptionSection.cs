using System.Reflection;

namespace OrleansOrchestrator.Cli.Configuration;

/// <summary>A record of options that an operator sets under one name, such as <c>watch</c>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The record.</param>
/// <param name="CreateDefaults">Makes a record in which nothing has been set.</param>
/// <param name="FaultsOf">Finds all that is wrong with a record, a sentence each.</param>
/// <param name="Settable">The options that an operator may set. Others are set by the command line, or follow from something else.</param>
internal sealed record OptionSection(
    string Name, Type Type, Func<object> CreateDefaults, Func<object, IReadOnlyList<string>> FaultsOf, IReadOnlyList<PropertyInfo> Settable)
{
    /// <summary>Makes a section for a record.</summary>
    /// <param name="name">The name.</param>
    /// <param name="createDefaults">Makes a record in which nothing has been set.</param>
    /// <param name="faultsOf">Finds all that is wrong with a record, a sentence each.</param>
    /// <param name="except">The options that an operator cannot set here.</param>
    public static OptionSection Of<T>(string name, Func<T> createDefaults, Func<T, IReadOnlyList<string>> faultsOf, params string[] except)
        where T : class =>
        new(
            name,
            typeof(T),
            createDefaults,
            options => faultsOf((T)options),
            [.. typeof(T).GetProperties().Where(option => option.SetMethod is { IsPublic: true } && !except.Contains(option.Name, StringComparer.Ordinal))]);

    /// <summary>The name of an option as it is written in files: <c>historyAge</c>.</summary>
    public static string NameOf(PropertyInfo option) => char.ToLowerInvariant(option.Name[0]) + option.Name[1..];

    /// <summary>Reads the section from a configuration.</summary>
    /// <param name="configuration">The operator's configuration.</param>
    /// <param name="faults">Receives all faults, each in one sentence.</param>
    /// <returns>The record; an invalid option keeps its default.</returns>
    public object Bind(IConfigurationSection configuration, ICollection<string> faults)
    {
        var options = CreateDefaults();
        if (configuration.Value is { Length: > 0 })
            faults.Add($"{Name} has options, and is none.");
        foreach (var said in configuration.GetChildren())
        {
            if (Settable.FirstOrDefault(option => option.Name.Equals(said.Key, StringComparison.OrdinalIgnoreCase)) is { } option)
                Set(options, option, said, faults);
            else
                faults.Add($"there is no option {Name}:{said.Key}.");
        }

        foreach (var fault in FaultsOf(options))
            faults.Add($"{Name}: {fault}");
        return options;
    }

    private void Set(object options, PropertyInfo option, IConfigurationSection said, ICollection<string> faults)
    {
        try
        {
            if (said.Get(option.PropertyType) is { } value)
                option.SetValue(options, value);
            else
                faults.Add($"{Name}:{NameOf(option)} has no value.");
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            faults.Add($"{Name}:{NameOf(option)} must be {OptionValues.KindOf(option.PropertyType)}, not \"{said.Value}\".");
        }
    }
}
