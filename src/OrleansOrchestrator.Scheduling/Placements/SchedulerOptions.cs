using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Queueing;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>
/// How pods are scheduled. Names, meanings and defaults are those of kube-scheduler's configuration
/// (<c>kubescheduler.config.k8s.io/v1</c>), where it has them.
/// </summary>
public sealed record SchedulerOptions
{
    private const string ProfilesField = "profiles";

    /// <summary>
    /// The profiles: a list of objects with <c>schedulerName</c>, <c>plugins</c>, <c>pluginConfig</c> and
    /// <c>percentageOfNodesToScore</c>. Without any there is one, <c>default-scheduler</c>.
    /// </summary>
    public ConfigurationTree Profiles { get; init; } = [];

    /// <summary>
    /// How many per cent of the nodes must fit before the search stops; 0 and 100 look at all of them. Less trades the quality
    /// of placements for speed where most pods are unlike each other. At least 100 nodes are always looked for.
    /// </summary>
    public int PercentageOfNodesToScore { get; init; }

    /// <summary>How long a pod is held back after its first failure, in seconds.</summary>
    public int PodInitialBackoffSeconds { get; init; } = 1;

    /// <summary>How long a pod is held back at most, in seconds; the time doubles with each failure until then.</summary>
    public int PodMaxBackoffSeconds { get; init; } = 10;

    /// <summary>After how many seconds a pod that found no node is tried again although nothing happened.</summary>
    public int PodMaxInUnschedulablePodsSeconds { get; init; } = 300;

    /// <summary>How many pods are queued; more are found again by their next change.</summary>
    public int QueuedPodsMax { get; init; } = 1_000_000;

    /// <summary>For how many equivalence classes of pods it is kept what filters and scores say of all nodes.</summary>
    public int EquivalenceClassesMax { get; init; } = 128;

    /// <summary>The most pods that are judged in one go. Those that are placed are bound then, and what has changed meanwhile is seen.</summary>
    public int BatchPodsMax { get; init; } = 256;

    /// <summary>The longest that pods are judged in one go.</summary>
    public TimeSpan BatchTimeMax { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many batches are being bound while the next one is judged.</summary>
    public int BindingsInFlightMax { get; init; } = 4;

    /// <summary>The times and bounds of the queue.</summary>
    public SchedulingQueueOptions Queue => new()
    {
        InitialBackoff = TimeSpan.FromSeconds(PodInitialBackoffSeconds),
        BackoffMax = TimeSpan.FromSeconds(PodMaxBackoffSeconds),
        UnschedulableTimeout = TimeSpan.FromSeconds(PodMaxInUnschedulablePodsSeconds),
        PodsMax = QueuedPodsMax,
    };

    /// <summary>All faults, each in a sentence; empty if the options are good.</summary>
    public IReadOnlyList<string> Faults() => Faults(BuiltInPlugins.Registry);

    /// <summary>All faults, with the plugins that there are.</summary>
    public IReadOnlyList<string> Faults(PluginRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        var faults = new OptionFaults();
        faults.Between(PercentageOfNodesToScore, 0, 100);
        faults.Between(PodInitialBackoffSeconds, 1, 3600);
        faults.Between(PodMaxBackoffSeconds, PodInitialBackoffSeconds, 24 * 3600);
        faults.Between(PodMaxInUnschedulablePodsSeconds, 1, 24 * 3600);
        faults.AtLeastOne(QueuedPodsMax);
        faults.AtLeastOne(EquivalenceClassesMax);
        faults.AtLeastOne(BatchPodsMax);
        faults.Positive(BatchTimeMax);
        faults.AtLeastOne(BindingsInFlightMax);
        var errors = new FieldErrors();
        var cluster = new SchedulerCache(registry.Inputs);
        var profiles = ReadProfiles(errors);
        for (var i = 0; i < profiles.Count; i++)
        {
            var path = FieldPath.Root(ProfilesField).Index(i);
            if (profiles.Take(i).Any(other => other.SchedulerName == profiles[i].SchedulerName))
                errors.Duplicate(path.Child("schedulerName"), profiles[i].SchedulerName);
            if (profiles[i].SchedulerName.Length == 0)
                errors.Required(path.Child("schedulerName"));
            Profile.Create(profiles[i], registry, cluster, static (_, _) => null, path, errors);
        }

        faults.AddRange(errors.All.Select(error => error.ToString() + "."));
        return faults.All;
    }

    internal IReadOnlyList<ProfileOptions> ReadProfiles(FieldErrors errors)
    {
        var root = new ConfigurationReader(new ConfigurationTree { [ProfilesField] = Profiles }, null, errors);
        var profiles = root.List(ProfilesField, profile => ProfileOptions.Read(profile, PercentageOfNodesToScore, errors), []);
        return profiles.Count > 0 ? profiles : [ProfileOptions.Read(ConfigurationReader.Empty, PercentageOfNodesToScore, errors)];
    }
}
