using System.Security.Cryptography;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Controllers.NodeLifecycle;

/// <summary>
/// Chooses each node's view: the nodes whose votes decide about it. Nodes lie on a ring by the hashes of their names, and a view
/// holds equally many neighbours on either side. So membership is mutual. All nodes of a small cluster share one view.
/// </summary>
internal sealed class FencingRing
{
    private readonly NodeLifecycleOptions _options;
    private readonly List<(string Hash, FencingMember Member)> _places;
    private readonly Dictionary<string, int> _placeOf;

    private FencingRing(List<(string Hash, FencingMember Member)> places, NodeLifecycleOptions options)
    {
        _options = options;
        _places = places;
        _placeOf = places.Select((place, i) => (place.Member.Name, i)).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The ring of all nodes that vote, except those that have been unreachable for long and those with other fencing times.</summary>
    public static FencingRing Of(NodeLifecycleInput input) => new(
        [
            .. input.Nodes
                .Where(observed => !IsLost(observed.Node, input) && input.Options.Times.AreThoseOf(observed.Node))
                .Select(observed => MemberOf(observed.Node))
                .OfType<FencingMember>()
                .Select(member => (Hash: HashOf(member.Name), member))
                .OrderBy(place => place.Hash, StringComparer.Ordinal),
        ],
        input.Options);

    /// <summary>
    /// The node with a new view added or a former one removed; null if there is nothing to change. A node gets a new view only
    /// after it has confirmed the last one. It keeps that one until it has confirmed the new one. So a node has at most two views,
    /// and an eviction needs the votes of both.
    /// </summary>
    public V1Node? Reviewed(ObservedNode observed)
    {
        var node = observed.Node;
        if (!_placeOf.TryGetValue(node.Metadata.Name, out var place))
            return null;
        var views = FencingView.Of(node);
        if (views.Count > 0 && views[^1].Id != observed.ConfirmedView)
            return null;

        var members = MembersAround(place);
        var next = views.Count > 0 && views[^1].Members.SequenceEqual(members) ? null : NextView(node, views, members);
        if (next is null && views.Count <= 1)
            return null;
        var reviewed = ObjectCodec.Clone(node);
        FencingView[] left = [.. views.TakeLast(1), .. next is null ? (FencingView[])[] : [next]];
        reviewed.Metadata.Annotations ??= new Dictionary<string, string>();
        reviewed.Metadata.Annotations[FencingView.Annotation] = FencingView.Format(left);
        return reviewed;
    }

    private List<FencingMember> MembersAround(int place)
    {
        var around = Math.Min(_options.ViewNodesMax, _places.Count);
        var first = _places.Count <= _options.ViewNodesMax ? 0 : place - (_options.ViewNodesMax / 2) + _places.Count;
        return [.. Enumerable.Range(first, around).Select(i => _places[i % _places.Count].Member).OrderBy(member => member.Name, StringComparer.Ordinal)];
    }

    private static FencingView NextView(V1Node node, IReadOnlyList<FencingView> views, List<FencingMember> members)
    {
        var number = views.Count == 0 ? 1 : views[^1].Number + 1;
        var id = HashOf($"{node.Metadata.Uid} {number} {string.Join(' ', members)}")[..16];
        return new FencingView(number, id, members);
    }

    private static FencingMember? MemberOf(V1Node node) => FencingView.VoterOf(node) is not { } voter ? null : new FencingMember(
        node.Metadata.Name,
        voter,
        node.Status?.Addresses?.FirstOrDefault(address => address.Type == "InternalIP")?.Address ?? "",
        node.Status?.DaemonEndpoints?.KubeletEndpoint?.Port ?? 0);

    /// <summary>Whether the node is left out of the ring. Wall-clock times suffice here: only the speed of a change depends on them.</summary>
    private static bool IsLost(V1Node node, NodeLifecycleInput input) =>
        node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == NodeConditions.Ready) is { Status: "Unknown" } ready
        && ApiTime.Read(ready.LastTransitionTime) + input.Options.ViewRemovalTime <= input.Now;

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
