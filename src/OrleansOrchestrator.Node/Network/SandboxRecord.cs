using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Network.Cni;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Network;

/// <summary>A sandbox that has been, or is being, attached to a network: all that it takes to detach it again.</summary>
/// <param name="PodUid">The pod of the sandbox.</param>
/// <param name="Attachment">The sandbox.</param>
/// <param name="Network">The network as it was then.</param>
/// <param name="Outcome">What the plugins said; null as long as they have not ended.</param>
internal sealed record SandboxRecord(string PodUid, CniAttachment Attachment, CniNetwork Network, JsonObject? Outcome)
{
    /// <summary>The sandbox's addresses: the first one of each family, as with the kubelet.</summary>
    public IReadOnlyList<string> Addresses =>
        Outcome is null ? [] : [.. CniClient.AddressesOf(Outcome).DistinctBy(address => address.Contains(':', StringComparison.Ordinal))];

    /// <summary>The record as text.</summary>
    public string Write() => JsonSerializer.Serialize(new Stored(
        PodUid, Attachment.SandboxId, Attachment.NetworkPath, Attachment.Arguments, Attachment.Ports, Network.ToJson(), Outcome));

    /// <summary>Reads a record; null if the text is none.</summary>
    public static SandboxRecord? TryRead(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Stored>(text) is { PodUid.Length: > 0, SandboxId.Length: > 0, Network: { } network } stored
                ? new SandboxRecord(
                    stored.PodUid, new CniAttachment(stored.SandboxId, stored.NetworkPath ?? "", stored.Arguments ?? "", stored.Ports ?? []), CniNetwork.Parse(network.ToJsonString()), stored.Outcome)
                : null;
        }
        catch (Exception fault) when (fault is JsonException or CniException)
        {
            return null;
        }
    }

    private sealed record Stored(string PodUid, string SandboxId, string? NetworkPath, string? Arguments, IReadOnlyList<PublishedPort>? Ports, JsonObject? Network, JsonObject? Outcome);
}
