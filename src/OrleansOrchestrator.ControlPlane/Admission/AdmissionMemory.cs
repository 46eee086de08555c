using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// What admission decided about one request, over all its attempts. An attempt that loses a race is repeated on the newer version, and
/// plugins without side effects are asked again. A plugin with side effects is asked once: the change that a mutating plugin made is
/// applied again without asking, and a validating plugin is asked again only about an object that it has not seen.
/// </summary>
internal sealed class AdmissionMemory
{
    private Dictionary<IMutatingAdmission, JsonObject>? _changes;
    private HashSet<(IValidatingAdmission Plugin, string Seen)>? _admitted;

    /// <summary>The change that a plugin made, as a merge patch; null if it has not been asked.</summary>
    public JsonObject? ChangeOf(IMutatingAdmission plugin) => _changes?.GetValueOrDefault(plugin);

    /// <summary>Records a change.</summary>
    public void NoteChange(IMutatingAdmission plugin, JsonObject change) => (_changes ??= [])[plugin] = change;

    /// <summary>Whether a plugin has already admitted this very object.</summary>
    public bool HasAdmitted(IValidatingAdmission plugin, ReadOnlySpan<byte> seen) => _admitted?.Contains((plugin, Digest(seen))) == true;

    /// <summary>Records that a plugin admitted an object.</summary>
    public void NoteAdmitted(IValidatingAdmission plugin, ReadOnlySpan<byte> seen) => (_admitted ??= []).Add((plugin, Digest(seen)));

    private static string Digest(ReadOnlySpan<byte> seen) => Convert.ToHexString(SHA256.HashData(seen));
}
