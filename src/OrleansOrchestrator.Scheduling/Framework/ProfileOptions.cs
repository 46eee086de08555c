using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Scheduling.Configuration;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>What an operator says of one profile, in kube-scheduler's words.</summary>
/// <param name="SchedulerName">The name by which pods ask for it (<c>spec.schedulerName</c>).</param>
/// <param name="PercentageOfNodesToScore">How many per cent of the nodes must fit before its search stops.</param>
/// <param name="Plugins">What is enabled and disabled at each extension point.</param>
/// <param name="PluginConfig">The arguments of plugins, by name.</param>
internal sealed record ProfileOptions(
    string SchedulerName,
    int PercentageOfNodesToScore,
    IReadOnlyDictionary<string, PluginSetOptions> Plugins,
    IReadOnlyList<(string Name, ConfigurationTree Args)> PluginConfig)
{
    /// <summary>The name of the profile that pods get if they ask for none.</summary>
    public const string DefaultName = "default-scheduler";

    /// <summary>Stands for all extension points at once.</summary>
    public const string MultiPoint = "multiPoint";

    // What plugins do here belongs to the scheduler itself, or to another point.
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

/// <summary>What is enabled and disabled at one extension point.</summary>
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

/// <summary>A plugin that is enabled.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Weight">How much its score counts; 0 for what it counts by default.</param>
internal sealed record EnabledPlugin(string Name, int Weight)
{
    /// <summary>The highest weight: sums of scores stay within their range.</summary>
    public const int WeightMax = 10_000;
}
