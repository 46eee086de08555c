using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// What admission has said about one request, through all its tries. A try that loses a race is made again on the newer version, and asks
/// again whoever judges by what it sees. Whoever has side effects is asked once: the change that a mutating plugin made is made again
/// without asking, and a validating one is asked again only about an object that it has not seen.
/// </summary>
internal sealed class AdmissionMemory
{
    private Dictionary<IMutatingAdmission, JsonObject>? _changes;
    private HashSet<(IValidatingAdmission Plugin, string Seen)>? _admitted;

    /// <summary>The change that a plugin has made, as a merge patch; null if it has not been asked.</summary>
    public JsonObject? ChangeOf(IMutatingAdmission plugin) => _changes?.GetValueOrDefault(plugin);

    /// <summary>Takes note of a change.</summary>
    public void NoteChange(IMutatingAdmission plugin, JsonObject change) => (_changes ??= [])[plugin] = change;

    /// <summary>Whether a plugin has admitted this very object already.</summary>
    public bool HasAdmitted(IValidatingAdmission plugin, ReadOnlySpan<byte> seen) => _admitted?.Contains((plugin, Digest(seen))) == true;

    /// <summary>Takes note that a plugin has admitted an object.</summary>
    public void NoteAdmitted(IValidatingAdmission plugin, ReadOnlySpan<byte> seen) => (_admitted ??= []).Add((plugin, Digest(seen)));

    private static string Digest(ReadOnlySpan<byte> seen) => Convert.ToHexString(SHA256.HashData(seen));
}
