using System.Text.Json.Nodes;
using OrleansOrchestrator.Documents.Yaml;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Placements;

namespace OrleansOrchestrator.Scheduling.Tests.Building;

/// <summary>Options of a scheduler, from the text that an operator writes.</summary>
internal static class Options
{
    /// <summary>Options with profiles in YAML.</summary>
    public static SchedulerOptions Profiles(string yaml) => new() { Profiles = Tree(YamlConverter.Parse(yaml)) };

    /// <summary>Options with one profile that has arguments for a plugin.</summary>
    public static SchedulerOptions Arguments(string plugin, string yaml) => Profiles($"[{{pluginConfig: [{{name: {plugin}, args: {yaml}}}]}}]");

    /// <summary>A value of a configuration.</summary>
    public static ConfigurationTree Tree(JsonNode? node)
    {
        var fields = node switch
        {
            JsonObject obj => obj.Select(field => (field.Key, field.Value)),
            JsonArray list => list.Select((item, i) => ($"{i}", item)),
            _ => [],
        };
        var tree = node is JsonValue or null ? new ConfigurationTree(node?.ToString() ?? "") : new ConfigurationTree();
        foreach (var (name, value) in fields)
            tree.Add(name, Tree(value));
        return tree;
    }
}
