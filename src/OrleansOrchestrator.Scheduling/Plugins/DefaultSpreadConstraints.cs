using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Scheduling.Configuration;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Pods;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>
/// The spread constraints of pods without their own: a list in the plugin's arguments, or the system's, with skew 3 over nodes and 5
/// over zones. They count the pod's <see cref="SpreadPeers"/>.
/// </summary>
/// <param name="AreOfSystem">Whether they are the system's, which ignore nodes without a zone.</param>
/// <param name="Listed">The list; empty for the system's.</param>
internal sealed record DefaultSpreadConstraints(bool AreOfSystem, SpreadConstraint[] Listed)
{
    // The skews of kube-scheduler's system defaults.
    private const int NodeSkew = 3;
    private const int ZoneSkew = 5;

    private const string OfSystem = "System";
    private const string OfList = "List";
    private const string Required = "DoNotSchedule";
    private const string Preferred = "ScheduleAnyway";

    public static DefaultSpreadConstraints Read(ConfigurationReader arguments)
    {
        var type = arguments.Word("defaultingType", OfSystem, OfSystem, OfList);
        var listed = arguments.List("defaultConstraints", ReadConstraint, []);
        if (type == OfSystem && listed.Count > 0)
            arguments.Refuse("defaultingType", type, "when .defaultConstraints are not empty, must be \"List\"");
        return new DefaultSpreadConstraints(type == OfSystem, [.. listed]);
    }

    /// <summary>Sums up the pods near each node by the system's constraints.</summary>
    /// <returns>False if none of the peers runs yet.</returns>
    public static bool TryAddSystem(CandidateSet candidates, SpreadPeers peers, SpreadScore score)
    {
        var counter = peers.CountIn(candidates.Cache);
        if (counter.Total == 0)
            return false;
        score.AddNodes(counter, NodeSkew);
        var zones = candidates.Nodes.Topology(TopologyLabels.Zone);
        if (zones.DomainCount > 0)
            score.AddDomains(counter, zones, ZoneSkew, isRequired: false, isCounted: null);
        return true;
    }

    private static SpreadConstraint ReadConstraint(ConfigurationReader constraint)
    {
        if (constraint.Has("labelSelector"))
            constraint.Refuse("labelSelector", constraint.Text("labelSelector", ""), "constraint must not define a selector, as they deduced for each pod");
        var key = constraint.Text("topologyKey", "");
        if (key.Length == 0)
            constraint.Refuse("topologyKey", key, "can not be empty");
        return new SpreadConstraint(
            key, constraint.Number("maxSkew", 1, 1, int.MaxValue), constraint.Word("whenUnsatisfiable", "", Required, Preferred) == Required,
            Pods: null, MinDomains: 1, HonorsNodeAffinity: true, HonorsTaints: false);
    }
}
