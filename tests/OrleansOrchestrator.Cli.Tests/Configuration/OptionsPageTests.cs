using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Cli.Tests.Configuration;

/// <summary>docs/options.md lists all options as the code has them. The test writes it anew where ORCHESTRATOR_WRITE_DOCS is set.</summary>
public sealed partial class OptionsPageTests
{
    private const string Begin = "<!-- options -->\n";

    [Fact]
    public void OptionsPage_AllOptions_AreListedAsTheCodeHasThem()
    {
        var path = Path.Combine(RepositoryFolder.Path, "docs", "options.md");
        var text = File.ReadAllText(path);
        var written = text[..(text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)] + Tables();
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_WRITE_DOCS") is { Length: > 0 })
            File.WriteAllText(path, written);

        File.ReadAllText(path).ShouldBe(written, "run this test with ORCHESTRATOR_WRITE_DOCS=1 to write the page anew");
    }

    private static string Tables()
    {
        var text = new StringBuilder();
        foreach (var section in OptionSections.All)
        {
            var defaults = section.CreateDefaults();
            text.Append($"\n## `{section.Name}`\n\n{SummaryOf($"T:{section.Type.FullName}", section.Type)}\n\n| option | default | meaning |\n| --- | --- | --- |\n");
            foreach (var option in section.Settable)
                text.Append($"| `{OptionSection.NameOf(option)}` | {DefaultOf(option, defaults)} | {SummaryOf($"P:{option.DeclaringType!.FullName}.{option.Name}", option.DeclaringType)} |\n");
        }

        return text.ToString();
    }

    private static string DefaultOf(PropertyInfo option, object defaults) =>
        option.GetCustomAttribute<System.ComponentModel.DefaultValueAttribute>() is { Value: string said } ? said : $"`{OptionValues.TextOf(option.GetValue(defaults))}`";

    private static string SummaryOf(string member, Type type)
    {
        var documentation = XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml"));
        var summary = documentation.Descendants("member").First(known => known.Attribute("name")!.Value == member).Element("summary")!;
        var text = string.Concat(summary.Nodes().Select(TextOf));
        return Blanks().Replace(text, " ").Trim();
    }

    private static string TextOf(XNode node) => node switch
    {
        XElement { Name.LocalName: "see" } see => $"`{NameIn(see.Attribute("cref")!.Value)}`",
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => other.Value,
        _ => node.ToString(),
    };

    /// <summary>An option is called as in files; whatever else is referred to as in the code.</summary>
    private static string NameIn(string reference)
    {
        var name = reference[(reference.LastIndexOf('.') + 1)..];
        return reference.StartsWith("P:", StringComparison.Ordinal) ? char.ToLowerInvariant(name[0]) + name[1..] : name;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
