using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

internal sealed partial class ObjectClient
{
    /// <summary>Creates many objects of a kind in one commit; each succeeds or fails on its own.</summary>
    /// <returns>The outcomes in the order of the objects.</returns>
    public async Task<WriteOutcome[]> CreateManyAsync(ResourceDefinition definition, IReadOnlyList<KubeObject> created, WriteOptions options)
    {
        var outcomes = new WriteOutcome[created.Count];
        var writes = new List<ObjectWrite>(created.Count);
        var positions = new List<int>(created.Count);
        for (var i = 0; i < created.Count; i++)
        {
            try
            {
                var obj = created[i];
                await pipeline.PrepareCreateAsync(definition.Storage, obj.Metadata.NamespaceProperty ?? "", obj, options, CancellationToken.None);
                writes.Add(new ObjectWrite(
                    WriteType.Create, obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name, definition.Encode(obj), 0, definition.Claims(obj)));
                positions.Add(i);
            }
            catch (ApiException refused)
            {
                outcomes[i] = new WriteOutcome(null, refused);
            }
        }

        if (writes.Count == 0)
            return outcomes;
        var results = await store.CommitAsync(definition, writes);
        for (var i = 0; i < results.Count; i++)
        {
            var key = new ObjectKey(writes[i].Namespace, writes[i].Name);
            outcomes[positions[i]] = results[i].Status == WriteStatus.Committed
                ? new WriteOutcome(results[i].Object, null)
                : new WriteOutcome(null, Refused(definition, key, results[i]));
        }

        return outcomes;
    }
}
