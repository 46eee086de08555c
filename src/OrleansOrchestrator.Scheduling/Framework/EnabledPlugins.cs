using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>
/// The plugins that a profile enables at each extension point, in order. Default plugins can be disabled and others enabled, at all
/// points (<c>multiPoint</c>) or at one, which overrides <c>multiPoint</c>.
/// </summary>
/// <remarks>See https://kubernetes.io/docs/reference/scheduling/config/#multipoint.</remarks>
internal sealed class EnabledPlugins
{
    private const string EveryPlugin = "*";

    private readonly Dictionary<ExtensionPoint, List<EnabledPlugin>> _byPoint = [];

    public bool Contains(string plugin) => _byPoint.Values.Any(list => list.Exists(enabled => enabled.Name == plugin));

    public IReadOnlyList<EnabledPlugin> At(ExtensionPoint point) => _byPoint[point];

    public static EnabledPlugins Of(ProfileOptions options, PluginRegistry registry, FieldPath path, FieldErrors errors)
    {
        Check(options, registry, path, errors);
        var everywhere = Merge(
            registry.All.Select(plugin => new EnabledPlugin(plugin.Name, plugin.DefaultWeight)), options.PluginsAt(ProfileOptions.MultiPoint));
        var result = new EnabledPlugins();
        foreach (var point in ExtensionPoint.All)
        {
            var here = options.PluginsAt(point.Name);
            result._byPoint.Add(point, [.. Enabled(everywhere, here, registry).Where(plugin => registry.Find(plugin.Name)!.Points.Contains(point)).Select(plugin =>
                plugin.Weight != 0 ? plugin : plugin with { Weight = registry.Find(plugin.Name)!.DefaultWeight })]);
        }

        return result;
    }

    private static IEnumerable<EnabledPlugin> Enabled(List<EnabledPlugin> everywhere, PluginSetOptions here, PluginRegistry registry)
    {
        var named = here.Enabled.Where(plugin => registry.Find(plugin.Name) is not null).ToList();
        var isNamed = named.Select(plugin => plugin.Name).ToHashSet(StringComparer.Ordinal);
        return named.Where(plugin => everywhere.Exists(other => other.Name == plugin.Name))
            .Concat(everywhere.Where(plugin => !isNamed.Contains(plugin.Name) && !Disables(here, plugin.Name)))
            .Concat(named.Where(plugin => !everywhere.Exists(other => other.Name == plugin.Name)));
    }

    /// <summary>The defaults that are not disabled, followed by the profile's own plugins. A default named again keeps its
    /// position.</summary>
    private static List<EnabledPlugin> Merge(IEnumerable<EnabledPlugin> defaults, PluginSetOptions own)
    {
        var merged = defaults.Where(plugin => !Disables(own, plugin.Name)).ToList();
        foreach (var plugin in own.Enabled)
        {
            var index = merged.FindIndex(other => other.Name == plugin.Name);
            if (index < 0)
                merged.Add(plugin);
            else
                merged[index] = plugin;
        }

        return merged;
    }

    private static bool Disables(PluginSetOptions set, string plugin) => set.Disabled.Contains(plugin, StringComparer.Ordinal) || set.Disabled.Contains(EveryPlugin, StringComparer.Ordinal);

    private static void Check(ProfileOptions options, PluginRegistry registry, FieldPath path, FieldErrors errors)
    {
        foreach (var (point, set) in options.Plugins)
        {
            for (var i = 0; i < set.Enabled.Count; i++)
            {
                var (name, weight) = set.Enabled[i];
                var at = path.Child(point).Child("enabled").Index(i);
                if (registry.Find(name) is not { } plugin)
                    errors.NotFound(at.Child("name"), name);
                else if (point != ProfileOptions.MultiPoint && !plugin.Points.Any(own => own.Name == point))
                    errors.Invalid(at.Child("name"), name, $"plugin \"{name}\" does not extend {point} plugin");
                if (weight is < 0 or > EnabledPlugin.WeightMax)
                    errors.Invalid(at.Child("weight"), weight, $"must be between 1 and {EnabledPlugin.WeightMax}");
                if (set.Enabled.Take(i).Any(other => other.Name == name))
                    errors.Duplicate(at.Child("name"), name);
            }

            for (var i = 0; i < set.Disabled.Count; i++)
            {
                if (set.Disabled[i] is var name && name != EveryPlugin && registry.Find(name) is null && !PluginRegistry.Elsewhere.Contains(name))
                    errors.NotFound(path.Child(point).Child("disabled").Index(i).Child("name"), name);
            }
        }
    }
}
