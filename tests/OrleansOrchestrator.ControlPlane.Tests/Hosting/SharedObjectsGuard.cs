using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>Fails every write in whose course a stage has changed the present object, which everything in the process shares.</summary>
internal sealed class SharedObjectsGuard : IValidatingAdmission
{
    public string Name => "SharedObjectsGuard";

    public bool Handles(AdmissionRequest request) => request.Current is not null;

    public ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var (shared, stored) = (request.Current!.SharedModel(), request.Current.Decode());
        var isUnchanged = ObjectCodec.EncodeAny(shared).AsSpan().SequenceEqual(ObjectCodec.EncodeAny(stored));
        return isUnchanged
            ? ValueTask.CompletedTask
            : throw new InvalidOperationException($"a stage has changed the present {request.Definition.Kind} {request.Key}, which is shared");
    }
}
