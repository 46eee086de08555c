using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s.Models;

namespace OrleansOrchestrator.Model.Fencing;

/// <summary>
/// The few nodes that decide together whether one of them may go on without the control plane: of its members, a node that
/// is cut off needs <see cref="HoldMin"/> votes to run on, and the controller <see cref="EvictMin"/> to replace its pods.
/// Any two such sets have a member in common, and a member's vote is never with both.
/// </summary>
/// <param name="Number">Counts the views of one node object.</param>
/// <param name="Id">Tells this view from all others, of earlier node objects of that name too.</param>
/// <param name="Members">The nodes, the one whose view it is among them, by name.</param>
public sealed record FencingView(int Number, string Id, IReadOnlyList<FencingMember> Members)
{
    /// <summary>The node annotation with the views that the node may be using: one, or two while it moves on to the second.</summary>
    public const string Annotation = "orleansorchestrator.io/fencing-views";

    /// <summary>The node annotation that says by which name the node votes: its serving certificate's SHA-256, or a name of its own.</summary>
    public const string VoterAnnotation = "orleansorchestrator.io/fencing-voter";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly ConditionalWeakTable<string, IReadOnlyList<FencingView>> Parsed = [];

    /// <summary>How many votes, its own included, a node needs to run on without the control plane.</summary>
    public int HoldMin => (Members.Count / 2) + 1;

    /// <summary>How many votes the controller needs to replace the node's pods.</summary>
    public int EvictMin => Members.Count - HoldMin + 1;

    /// <summary>The views that a node may be using, oldest first; none if it takes no part.</summary>
    public static IReadOnlyList<FencingView> Of(V1Node node) =>
        node.Metadata.Annotations?.TryGetValue(Annotation, out var text) is true && text is not null ? Parsed.GetValue(text, Parse) : [];

    /// <summary>The name by which a node votes; null if it takes no part.</summary>
    public static string? VoterOf(V1Node node) => node.Metadata.Annotations?.TryGetValue(VoterAnnotation, out var voter) is true ? voter : null;

    /// <summary>Writes views in the form of <see cref="Annotation"/>.</summary>
    public static string Format(IReadOnlyList<FencingView> views) => JsonSerializer.Serialize(views, Json);

    /// <summary>Reads what <see cref="Format"/> has written; anything else counts as none.</summary>
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

    /// <summary>Whether the controller may replace the node's pods, as far as this view goes.</summary>
    /// <param name="isCounted">Whether a voter's vote is with the control plane.</param>
    public bool MayEvict(Func<string, bool> isCounted) => Members.Count(member => isCounted(member.Voter)) >= EvictMin;
}

/// <summary>A node as its peers know it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Voter">By what name it votes; for a node with a server, the SHA-256 of its certificate, by which it is authenticated.</param>
/// <param name="Address">Where its server is.</param>
/// <param name="Port">The server's port; 0 for a node without one, which only nodes of its own process can ask.</param>
public sealed record FencingMember(string Name, string Voter, string Address, int Port);
