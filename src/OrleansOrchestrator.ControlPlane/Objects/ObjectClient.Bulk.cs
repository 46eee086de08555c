using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

internal sealed partial class ObjectClient
{
    /// <summary>Creates many objects of a kind in one commit. Each is admitted, and succeeds or fails, on its own.</summary>
    /// <returns>The outcomes in the order of the objects.</returns>
    public async Task<WriteOutcome[]> CreateManyAsync(ResourceDefinition definition, IReadOnlyList<KubeObject> created, WriteOptions options)
    {
        return await CommitManyAsync(definition, await Task.WhenAll(created.Select(TryAdmitAsync)));

        async Task<(ObjectWrite? Write, ApiException? Refused)> TryAdmitAsync(KubeObject obj)
        {
            try
            {
                var request = CreationOf(definition.Storage, obj.Metadata.NamespaceProperty ?? "", obj, options);
                return (CreationWrite(await pipeline.AdmitAsync(request, new AdmissionMemory(), CancellationToken.None)), null);
            }
            catch (ApiException refused)
            {
                return (null, refused);
            }
        }
    }

    /// <summary>Commits the admitted ones of several writes.</summary>
    /// <returns>The outcome of each, in their order.</returns>
    private async Task<WriteOutcome[]> CommitManyAsync(
        ResourceDefinition definition, IReadOnlyList<(ObjectWrite? Write, ApiException? Refused)> prepared)
    {
        var admitted = prepared.Select(one => one.Write).OfType<ObjectWrite>().ToList();
        var results = new Queue<CommitResult>(admitted.Count > 0 ? await store.CommitAsync(definition, admitted) : []);
        return [.. prepared.Select(one => one.Write is { } write ? Outcome(write, results.Dequeue()) : new WriteOutcome(null, one.Refused))];

        WriteOutcome Outcome(ObjectWrite write, CommitResult result) => result.Status == CommitStatus.Committed
            ? new WriteOutcome(result.Object, null)
            : new WriteOutcome(null, Refused(definition, new ObjectKey(write.Namespace, write.Name), result));
    }
}
