using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Scheduling.Configuration;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The operator's configuration of one profile, in kube-scheduler's words.</summary>
/// <param name="SchedulerName">The <c>spec.schedulerName</c> of its pods.</param>
/// <param name="PercentageOfNodesToScore">The percentage of nodes that must fit before the search stops.</param>
/// <param name="Plugins">The plugins enabled and disabled at each extension point.</param>
/// <param name="PluginConfig">The arguments of plugins by name.</param>
internal sealed record ProfileOptions(
    string SchedulerName,
    int PercentageOfNodesToScore,
    IReadOnlyDictionary<string, PluginSetOptions> Plugins,
    IReadOnlyList<(string Name, ConfigurationTree Args)> PluginConfig)
{
    /// <summary>The profile of pods that name none.</summary>
    public const string DefaultName = "default-scheduler";

    /// <summary>Stands for all extension points at once.</summary>
    public const string MultiPoint = "multiPoint";

    // Extension points whose work the scheduler itself, or another point, does here.
    private static readonly string[] FixedPoints = ["preEnqueue", "queueSort", "preScore", "permit", "bind", "postBind"];

    public PluginSetOptions PluginsAt(string point) => Plugins.TryGetValue(point, out var set) ? set : PluginSetOptions.None;

    public static ProfileOptions Read(ConfigurationReader profile, int percentage, FieldErrors errors)
    {
        var plugins = profile.Object("plugins");
        return new ProfileOptions(
            profile.Text("schedulerName", DefaultName),
            profile.Number("percentageOfNodesToScore", percentage, 0, 100),
            ReadPlugins(plugins, errors),
            profile.List("pluginConfig", one => (one.Text("name", ""), one.Raw("args")), []));
    }

    private static Dictionary<string, PluginSetOptions> ReadPlugins(ConfigurationReader plugins, FieldErrors errors)
    {
        var points = ExtensionPoint.All.Select(point => point.Name).Append(MultiPoint);
        var sets = points.Where(plugins.Has).ToDictionary(point => point, point => PluginSetOptions.Read(plugins.Object(point)), StringComparer.Ordinal);
        foreach (var point in FixedPoints.Where(plugins.Has))
        {
            var set = PluginSetOptions.Read(plugins.Object(point));
            if (set.Enabled.Count > 0 || set.Disabled.Count > 0)
                errors.Forbidden(plugins.At(point), "plugins at this point cannot be changed");
        }

        plugins.RefuseOthers();
        return sets;
    }
}

/// <summary>The plugins enabled and disabled at one extension point.</summary>
internal sealed record PluginSetOptions(IReadOnlyList<EnabledPlugin> Enabled, IReadOnlyList<string> Disabled)
{
    public static readonly PluginSetOptions None = new([], []);

    public static PluginSetOptions Read(ConfigurationReader point)
    {
        var set = new PluginSetOptions(
            point.List("enabled", plugin => new EnabledPlugin(plugin.Text("name", ""), plugin.Number("weight", 0, 0, EnabledPlugin.WeightMax)), []),
            point.List("disabled", plugin => plugin.Text("name", ""), []));
        point.RefuseOthers();
        return set;
    }
}

/// <summary>An enabled plugin.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Weight">The weight of its score; 0 for the default.</param>
internal sealed record EnabledPlugin(string Name, int Weight)
{
    /// <summary>The highest weight: with it the sums of scores stay within an int.</summary>
    public const int WeightMax = 10_000;
}
