using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Answers a node that is about to remove the folder of a volume which other volumes are on the node: their data may be in that folder.
/// The node cannot read the volumes of others, and only the node knows its links.
/// </summary>
internal sealed class LocalFolderAdmission(AdmissionReader reader) : IMutatingAdmission
{
    public string Name => "LocalFolder";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Update, Subresource: "", Object: V1PersistentVolume volume } && NoteOf(volume) == LocalPathVolumes.AsksForOthers;

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var volume = (V1PersistentVolume)request.Object!;
        if (LocalPathVolumes.NodeOf(volume) is not { } node)
            return request;
        var all = await reader.AllAsync(WellKnownResources.PersistentVolumes, cancellationToken);
        var others = all.Where(stored => stored.Key != request.Key).Select(stored => stored.SharedModel<V1PersistentVolume>());
        volume.Metadata.Annotations[LocalPathVolumes.RemovedAnnotation] = JsonSerializer.Serialize(LocalPathVolumes.OthersOn(node, others));
        return request;
    }

    private static string? NoteOf(V1PersistentVolume volume) =>
        volume.Metadata.Annotations is { } annotations && annotations.TryGetValue(LocalPathVolumes.RemovedAnnotation, out var note) ? note : null;
}
