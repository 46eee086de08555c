using OrleansOrchestrator.Documents.Yaml;
using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Tests.Building;

/// <summary>Single plugins, outside of any profile.</summary>
internal static class SinglePlugin
{
    public static IPlugin Create(string name, SchedulerCache cluster, string arguments = "{}") =>
        BuiltInPlugins.Registry.Find(name)!.Create(new PluginContext(Reader(arguments), cluster, Trial.None));

    /// <summary>An attempt to place a pod.</summary>
    public static CycleState Begin(SchedulerCache cluster, PodInfo pod)
    {
        var cycle = new CycleState(cluster.Nodes);
        cycle.Begin(pod);
        return cycle;
    }

    private static ConfigurationReader Reader(string arguments)
    {
        var errors = new FieldErrors();
        var reader = new ConfigurationReader(Options.Tree(YamlConverter.Parse(arguments)), FieldPath.Root("args"), errors);
        errors.All.ShouldBeEmpty();
        return reader;
    }
}
