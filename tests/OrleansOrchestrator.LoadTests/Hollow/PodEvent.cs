using System.Text.Json;

namespace OrleansOrchestrator.LoadTests.Hollow;

/// <summary>What a node, or whoever waits for pods, has to know of an event of a watch on pods.</summary>
/// <param name="Type">As in <c>ADDED</c>.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Node">The node that it is bound to; empty if it is not.</param>
/// <param name="Phase">Its phase.</param>
/// <param name="IsDeleting">Whether it was asked to end.</param>
internal readonly record struct PodEvent(string Type, string Namespace, string Name, string Uid, string Node, string Phase, bool IsDeleting)
{
    /// <summary>Whether it is an event about a pod, and neither a bookmark nor an error.</summary>
    public bool ConcernsPod => Type is "ADDED" or "MODIFIED" or "DELETED";

    /// <summary>Reads one line of a watch.</summary>
    public static PodEvent Read(ReadOnlySpan<byte> line)
    {
        string type = "", ns = "", name = "", uid = "", node = "", phase = "";
        var isDeleting = false;
        var section = Section.None;
        var reader = new Utf8JsonReader(line);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            switch (reader.CurrentDepth)
            {
                case 1 when reader.ValueTextEquals("type"u8):
                    type = Text(ref reader);
                    break;
                case 1 when reader.ValueTextEquals("object"u8):
                    break;
                case 2:
                    section = reader.ValueTextEquals("metadata"u8) ? Section.Metadata
                        : reader.ValueTextEquals("spec"u8) ? Section.Spec
                        : reader.ValueTextEquals("status"u8) ? Section.Status
                        : Section.None;
                    if (section == Section.None)
                        reader.Skip();
                    break;
                case 3 when section == Section.Metadata && reader.ValueTextEquals("name"u8):
                    name = Text(ref reader);
                    break;
                case 3 when section == Section.Metadata && reader.ValueTextEquals("namespace"u8):
                    ns = Text(ref reader);
                    break;
                case 3 when section == Section.Metadata && reader.ValueTextEquals("uid"u8):
                    uid = Text(ref reader);
                    break;
                case 3 when section == Section.Metadata && reader.ValueTextEquals("deletionTimestamp"u8):
                    isDeleting = Text(ref reader).Length > 0;
                    break;
                case 3 when section == Section.Spec && reader.ValueTextEquals("nodeName"u8):
                    node = Text(ref reader);
                    break;
                case 3 when section == Section.Status && reader.ValueTextEquals("phase"u8):
                    phase = Text(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new PodEvent(type, ns, name, uid, node, phase, isDeleting);
    }

    private static string Text(ref Utf8JsonReader reader) => reader.Read() ? reader.GetString() ?? "" : "";

    private enum Section
    {
        None,
        Metadata,
        Spec,
        Status,
    }
}
