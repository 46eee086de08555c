using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Queueing;

namespace OrleansOrchestrator.Scheduling.Placements;

/// <summary>
/// The scheduler's options. Names, meanings and defaults are those of kube-scheduler's configuration
/// (<c>kubescheduler.config.k8s.io/v1</c>) where it has them.
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
    /// The percentage of nodes that must fit before the search stops; 0 and 100 evaluate all. Lower values trade the quality of
    /// placements for speed if most pods differ from each other. The search finds at least 100 nodes if there are so many.
    /// </summary>
    public int PercentageOfNodesToScore { get; init; }

    /// <summary>The back-off after a pod's first failure, in seconds.</summary>
    public int PodInitialBackoffSeconds { get; init; } = 1;

    /// <summary>The longest back-off of a pod, in seconds; the back-off doubles with each failure until then.</summary>
    public int PodMaxBackoffSeconds { get; init; } = 10;

    /// <summary>How long an unschedulable pod waits at most for a change before it is retried, in seconds.</summary>
    public int PodMaxInUnschedulablePodsSeconds { get; init; } = 300;

    /// <summary>The most pods in the queue; others return with their next change.</summary>
    public int QueuedPodsMax { get; init; } = 1_000_000;

    /// <summary>The most equivalence classes of pods whose filter results and scores are cached.</summary>
    public int EquivalenceClassesMax { get; init; } = 128;

    /// <summary>The most pods evaluated in one batch. The placed ones are then bound, and changes since the start of the batch are
    /// seen.</summary>
    public int BatchPodsMax { get; init; } = 256;

    /// <summary>The longest time of one batch.</summary>
    public TimeSpan BatchTimeMax { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The most batches being bound while the next one is evaluated.</summary>
    public int BindingsInFlightMax { get; init; } = 4;

    /// <summary>The most pods for which claims and volumes are written before their binding. Others wait for their turn, and delay no pod
    /// without such writes.</summary>
    public int PreBindsInFlightMax { get; init; } = 512;

    /// <summary>The times and bounds of the queue.</summary>
    public SchedulingQueueOptions Queue => new()
    {
        InitialBackoff = TimeSpan.FromSeconds(PodInitialBackoffSeconds),
        BackoffMax = TimeSpan.FromSeconds(PodMaxBackoffSeconds),
        UnschedulableTimeout = TimeSpan.FromSeconds(PodMaxInUnschedulablePodsSeconds),
        PodsMax = QueuedPodsMax,
    };

    /// <summary>All faults, one sentence each; empty if there are none.</summary>
    public IReadOnlyList<string> Faults() => Faults(BuiltInPlugins.Registry);

    /// <summary>All faults, given the registered plugins.</summary>
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
        faults.AtLeastOne(PreBindsInFlightMax);
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
            Profile.Create(profiles[i], registry, cluster, Trial.None, path, errors);
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
