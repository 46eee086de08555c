using k8s.Models;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

internal sealed partial class ObjectClient
{
    public Task BindAsync(ObjectKey pod, string? uid, string nodeName, WriteOptions options, CancellationToken cancellationToken)
    {
        var definition = registry[WellKnownResources.Pods];
        return OnNewestAsync(definition, pod, options, TryAsync, cancellationToken);

        async Task<StoredObject?> TryAsync(StoredObject? stored)
        {
            if (stored is null)
                throw ApiErrors.NotFound(definition.Name, pod.Name);
            if (!string.IsNullOrEmpty(uid) && uid != stored.Uid)
                throw ApiErrors.Conflict(definition.Name, pod.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Uid}");
            var write = BindingWrite(definition, stored, nodeName);
            if (options.DryRun)
                return stored;
            var result = await store.CommitAsync(definition, write, cancellationToken);
            return result.Status switch
            {
                WriteStatus.Committed => result.Object ?? stored,
                WriteStatus.Conflict => null,
                _ => throw Refused(definition, pod, result),
            };
        }
    }

    /// <summary>Binds many pods in one commit. Each is bound provided that it is still at the given version.</summary>
    /// <returns>For each binding, null if it was made; otherwise why not.</returns>
    public async Task<IReadOnlyList<ApiException?>> BindManyAsync(IReadOnlyList<(StoredObject Pod, string NodeName)> bindings)
    {
        var definition = registry[WellKnownResources.Pods];
        var outcomes = new ApiException?[bindings.Count];
        var writes = new List<ObjectWrite>(bindings.Count);
        var positions = new List<int>(bindings.Count);
        for (var i = 0; i < bindings.Count; i++)
        {
            try
            {
                writes.Add(BindingWrite(definition, bindings[i].Pod, bindings[i].NodeName));
                positions.Add(i);
            }
            catch (ApiException refused)
            {
                outcomes[i] = refused;
            }
        }

        if (writes.Count == 0)
            return outcomes;
        var results = await store.CommitAsync(definition, writes);
        for (var i = 0; i < results.Count; i++)
        {
            if (results[i].Status != WriteStatus.Committed)
                outcomes[positions[i]] = Refused(definition, bindings[positions[i]].Pod.Key, results[i]);
        }

        return outcomes;
    }

    private ObjectWrite BindingWrite(ResourceDefinition definition, StoredObject stored, string nodeName)
    {
        var pod = (V1Pod)stored.Decode();
        var name = stored.Key.Name;
        if (stored.IsDeleting)
            throw ApiErrors.Conflict(definition.Name, name, $"pod {name} is being deleted, cannot be assigned to a host");
        if (!string.IsNullOrEmpty(pod.Spec.NodeName))
            throw ApiErrors.Conflict(definition.Name, name, $"pod {name} is already assigned to node \"{pod.Spec.NodeName}\"");
        if (pod.Spec.SchedulingGates is { Count: > 0 })
            throw ApiErrors.Conflict(definition.Name, name, $"pod {name} has non-empty .spec.schedulingGates");

        pod.Spec.NodeName = nodeName;
        pod.Status ??= new V1PodStatus();
        pod.Status.Conditions =
        [
            .. (pod.Status.Conditions ?? []).Where(condition => condition.Type != "PodScheduled"),
            new V1PodCondition { Type = "PodScheduled", Status = "True", LastTransitionTime = ObjectMetaRules.TruncateToSeconds(time.GetUtcNow()) },
        ];
        return new ObjectWrite(WriteType.Replace, stored.Key.Namespace, name, definition.Encode(pod), stored.Revision, []);
    }
}
