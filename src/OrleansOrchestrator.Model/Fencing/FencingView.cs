using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s.Models;

namespace OrleansOrchestrator.Model.Fencing;

/// <summary>
/// The few nodes that decide together whether one of them may run on without the control plane. A node that is cut off needs <see
/// cref="HoldMin"/> of the members' votes to run on, and the controller needs <see cref="EvictMin"/> to replace its pods. Any two such
/// sets have a common member, and a member's vote never counts for both.
/// </summary>
/// <param name="Number">The number of the view among those of one node object.</param>
/// <param name="Id">The unique id, also among views of earlier node objects of the same name.</param>
/// <param name="Members">The nodes by name, including the one whose view it is.</param>
public sealed record FencingView(int Number, string Id, IReadOnlyList<FencingMember> Members)
{
    /// <summary>The node annotation with the views that the node may be using: one, or two while it changes to the second.</summary>
    public const string Annotation = "orleansorchestrator.io/fencing-views";

    /// <summary>The node annotation with the node's voter name: the SHA-256 of its certificate as a voter, or a generated name.</summary>
    public const string VoterAnnotation = "orleansorchestrator.io/fencing-voter";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly ConditionalWeakTable<string, IReadOnlyList<FencingView>> Parsed = [];

    /// <summary>The votes, including its own, that a node needs to run on without the control plane.</summary>
    public int HoldMin => (Members.Count / 2) + 1;

    /// <summary>The votes that the controller needs to replace the node's pods.</summary>
    public int EvictMin => Members.Count - HoldMin + 1;

    /// <summary>The views that a node may be using, oldest first; none if it takes no part.</summary>
    public static IReadOnlyList<FencingView> Of(V1Node node) =>
        node.Metadata.Annotations?.TryGetValue(Annotation, out var text) is true && text is not null ? Parsed.GetValue(text, Parse) : [];

    /// <summary>A node's voter name; null if it takes no part.</summary>
    public static string? VoterOf(V1Node node) => node.Metadata.Annotations?.TryGetValue(VoterAnnotation, out var voter) is true ? voter : null;

    /// <summary>Writes views in the form of <see cref="Annotation"/>.</summary>
    public static string Format(IReadOnlyList<FencingView> views) => JsonSerializer.Serialize(views, Json);

    /// <summary>Parses the form of <see cref="Format"/>; other texts count as none.</summary>
    public static IReadOnlyList<FencingView> Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<List<FencingView>>(text, Json) is { } views
                && views.TrueForAll(view => view is { Id: not null, Members: not null } && view.Members.All(member => member is { Name: not null, Voter: not null, Address: not null }))
                ? views
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Whether the controller may replace the node's pods by this view.</summary>
    /// <param name="isCounted">Whether a voter's vote counts for the control plane. Members with one voter, as after the copy of a machine, have one vote.</param>
    public bool MayEvict(Func<string, bool> isCounted) =>
        Members.Select(member => member.Voter).Distinct(StringComparer.Ordinal).Count(isCounted) >= EvictMin;
}

/// <summary>A node as its peers know it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Voter">Its voter name; for a node with a server the SHA-256 of its certificate as a voter, which authenticates it.</param>
/// <param name="Address">The address of its server.</param>
/// <param name="Port">The server's port; 0 for a node without one, which only nodes in its process can ask.</param>
public sealed record FencingMember(string Name, string Voter, string Address, int Port);
