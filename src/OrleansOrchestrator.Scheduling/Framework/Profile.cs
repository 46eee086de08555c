using System.Collections.Frozen;
using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>The plugins of one profile by extension point, in the order of evaluation.</summary>
internal sealed class Profile
{
    private readonly FrozenDictionary<string, IPlugin> _byName;
    private readonly FrozenDictionary<IPlugin, string> _names;
    private readonly INodeFilter[] _nodeFilters;
    private readonly WeightedScore<INodeScore>[] _nodeScores;

    private Profile(ProfileOptions options, EnabledPlugins enabled, FrozenDictionary<string, IPlugin> byName)
    {
        SchedulerName = options.SchedulerName;
        _byName = byName;
        _names = byName.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);
        PreFilters = At<IPreFilter>(enabled, ExtensionPoint.PreFilter);
        _nodeFilters = At<INodeFilter>(enabled, ExtensionPoint.Filter);
        ClusterFilters = At<IClusterFilter>(enabled, ExtensionPoint.Filter);
        PostFilters = At<IPostFilter>(enabled, ExtensionPoint.PostFilter);
        _nodeScores = Weigh<INodeScore>(enabled);
        ClusterScores = Weigh<IClusterScore>(enabled);
        Reserves = At<IReserve>(enabled, ExtensionPoint.Reserve);
        PreBinds = At<IPreBind>(enabled, ExtensionPoint.PreBind);
    }

    /// <summary>The <c>spec.schedulerName</c> of its pods.</summary>
    public string SchedulerName { get; }

    public IPreFilter[] PreFilters { get; }

    public IClusterFilter[] ClusterFilters { get; }

    public IPostFilter[] PostFilters { get; }

    public WeightedScore<IClusterScore>[] ClusterScores { get; }

    public IReserve[] Reserves { get; }

    public IPreBind[] PreBinds { get; }

    /// <summary>Creates the plugins of a profile and collects their faults. A profile with faults must not be used.</summary>
    public static Profile Create(
        ProfileOptions options, PluginRegistry registry, SchedulerCache cluster, Trial trial, FieldPath path, FieldErrors errors)
    {
        var enabled = EnabledPlugins.Of(options, registry, path.Child("plugins"), errors);
        var arguments = ArgumentsByName(options, registry, path.Child("pluginConfig"), errors);
        var byName = new Dictionary<string, IPlugin>(StringComparer.Ordinal);
        foreach (var factory in registry.All)
        {
            // Checks the arguments of disabled plugins too: they may be enabled later.
            if (!enabled.Contains(factory.Name) && !arguments.ContainsKey(factory.Name))
                continue;
            var reader = arguments.GetValueOrDefault(factory.Name) ?? ConfigurationReader.Empty;
            byName.Add(factory.Name, factory.Create(new PluginContext(reader, cluster, trial)));
            reader.RefuseOthers();
        }

        return new Profile(options, enabled, byName.ToFrozenDictionary(StringComparer.Ordinal));
    }

    public INodeFilter[] FiltersFor(PodShape shape) => Array.FindAll(_nodeFilters, filter => filter.Applies(shape));

    public WeightedScore<INodeScore>[] ScoresFor(PodShape shape, NodeTable nodes) =>
        Array.FindAll(_nodeScores, score => score.Plugin.Applies(shape, nodes));

    /// <summary>The name of one of its plugins.</summary>
    public string NameOf(IPlugin plugin) => _names[plugin];

    /// <summary>A plugin by its name; null if it is not one of the profile's.</summary>
    public IPlugin? Find(string plugin) => _byName.GetValueOrDefault(plugin);

    private static Dictionary<string, ConfigurationReader> ArgumentsByName(ProfileOptions options, PluginRegistry registry, FieldPath path, FieldErrors errors)
    {
        var arguments = new Dictionary<string, ConfigurationReader>(StringComparer.Ordinal);
        for (var i = 0; i < options.PluginConfig.Count; i++)
        {
            var (name, args) = options.PluginConfig[i];
            var reader = new ConfigurationReader(args, path.Index(i).Child("args"), errors, ["apiVersion", "kind"]);
            if (registry.Find(name) is null)
                errors.NotFound(path.Index(i).Child("name"), name);
            else if (!arguments.TryAdd(name, reader))
                errors.Duplicate(path.Index(i).Child("name"), name);
        }

        return arguments;
    }

    private T[] At<T>(EnabledPlugins enabled, ExtensionPoint point)
        where T : IPlugin => [.. enabled.At(point).Select(one => _byName[one.Name]).OfType<T>()];

    private WeightedScore<T>[] Weigh<T>(EnabledPlugins enabled)
        where T : IPlugin =>
        [.. enabled.At(ExtensionPoint.Score).Where(one => _byName[one.Name] is T).Select(one => new WeightedScore<T>((T)_byName[one.Name], one.Weight))];
}

/// <summary>A score plugin with its weight.</summary>
internal readonly record struct WeightedScore<T>(T Plugin, int Weight);
