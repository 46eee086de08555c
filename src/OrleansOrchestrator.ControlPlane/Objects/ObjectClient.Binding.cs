using System.Diagnostics;
using k8s;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

// Writes to pods through subresources with a kind of their own. Admission sees each as that kind, before anything is looked up.
internal sealed partial class ObjectClient
{
    public async Task BindAsync(ObjectKey pod, string? uid, string nodeName, WriteOptions options, CancellationToken cancellationToken)
    {
        var definition = registry[WellKnownResources.Pods];
        nodeName = await AdmitBindingAsync(definition, pod, uid, nodeName, options, cancellationToken);
        await writes.RunAsync(definition, pod, options, TryAsync, cancellationToken);

        async Task<StoredObject?> TryAsync(WriteTry attempt)
        {
            if (attempt.Version is not { } stored)
                throw ApiErrors.NotFound(definition.Name, pod.Name);
            if (!string.IsNullOrEmpty(uid) && uid != stored.Uid)
                throw ApiErrors.Conflict(definition.Name, pod.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Uid}");
            var write = BindingWrite(definition, stored, nodeName);
            if (options.DryRun)
                return stored;
            var result = await store.CommitAsync(definition, write, cancellationToken);
            return result.Status switch
            {
                CommitStatus.Committed => result.Object ?? stored,
                CommitStatus.Conflict => null,
                _ => throw Refused(definition, pod, result),
            };
        }
    }

    /// <summary>Binds many pods in one commit. A pod is bound if it is still at the given version. Each binding belongs to the activity
    /// given with it.</summary>
    /// <returns>For each binding null if it was made; otherwise the error.</returns>
    public async Task<IReadOnlyList<ApiException?>> BindManyAsync(
        IReadOnlyList<(StoredObject Pod, string NodeName, Activity? Activity)> bindings, WriteOptions options)
    {
        var definition = registry[WellKnownResources.Pods];
        var outcomes = await CommitManyAsync(definition, await Task.WhenAll(bindings.Select(TryAdmitAsync)));
        return [.. outcomes.Select(outcome => outcome.Refused)];

        async Task<(ObjectWrite? Write, ApiException? Refused)> TryAdmitAsync((StoredObject Pod, string NodeName, Activity? Activity) binding)
        {
            var (pod, node, activity) = binding;
            Activity.Current = activity;
            try
            {
                node = await AdmitBindingAsync(definition, pod.Key, pod.Uid, node, options, CancellationToken.None);
                return (BindingWrite(definition, pod, node).Traced(), null);
            }
            catch (ApiException refused)
            {
                return (null, refused);
            }
        }
    }

    public async Task EvictAsync(
        ObjectKey pod, V1Eviction eviction, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken)
    {
        var definition = registry[WellKnownResources.Pods];
        var admitted = await AdmitAsync(PartOf(definition, pod, "eviction", eviction, options) with { Deletion = deletion }, cancellationToken);
        await evictions.EvictAsync(this, pod, admitted.Deletion ?? deletion, options, cancellationToken);
    }

    /// <summary>Deletes a pod whose eviction has been admitted. The pod says why it goes.</summary>
    internal Task DeleteEvictedAsync(ObjectReference pod, DeletionOptions deletion, WriteOptions options, CancellationToken cancellationToken) =>
        DeleteAsync(pod, deletion with { Disruption = PodDisruption.EvictionApi }, options, isEviction: true, cancellationToken);

    private async ValueTask<string> AdmitBindingAsync(
        ResourceDefinition definition, ObjectKey pod, string? uid, string nodeName, WriteOptions options, CancellationToken cancellationToken)
    {
        var binding = new V1Binding
        {
            ApiVersion = "v1",
            Kind = "Binding",
            Metadata = new V1ObjectMeta { Name = pod.Name, NamespaceProperty = pod.Namespace, Uid = uid },
            Target = new V1ObjectReference { Kind = "Node", Name = nodeName },
        };
        var admitted = await pipeline.AdmitPlainAsync(
            PartOf(definition, pod, "binding", binding, options), new AdmissionMemory(), cancellationToken);
        return ((V1Binding)admitted.Object!).Target.Name;
    }

    private static AdmissionRequest PartOf(ResourceDefinition definition, ObjectKey key, string subresource, IKubernetesObject obj, WriteOptions options)
    {
        return new AdmissionRequest
        {
            Operation = AdmissionOperation.Create,
            ServedVersion = definition.Storage,
            Key = key,
            Subresource = subresource,
            Object = obj,
            Options = options,
        };
    }

    private ObjectWrite BindingWrite(ResourceDefinition definition, StoredObject stored, string nodeName)
    {
        var pod = stored.SharedModel<V1Pod>();
        var name = stored.Key.Name;
        if (stored.IsDeleting)
            throw ApiErrors.Conflict(definition.Name, name, $"pod {name} is being deleted, cannot be assigned to a host");
        if (!string.IsNullOrEmpty(pod.Spec.NodeName))
            throw ApiErrors.Conflict(definition.Name, name, $"pod {name} is already assigned to node \"{pod.Spec.NodeName}\"");
        if (pod.Spec.SchedulingGates is { Count: > 0 })
            throw ApiErrors.Conflict(definition.Name, name, $"pod {name} has non-empty .spec.schedulingGates");

        // A copy of what changes, metadata included, from which the encoder takes the version. The rest is shared.
        var bound = pod with
        {
            Metadata = pod.Metadata with { },
            Spec = pod.Spec with { NodeName = nodeName },
            Status = (pod.Status ?? new V1PodStatus()) with
            {
                // The nomination has served its purpose.
                NominatedNodeName = null,
                Conditions =
                [
                    .. (pod.Status?.Conditions ?? []).Where(condition => condition.Type != PodConditionTypes.PodScheduled),
                    new V1PodCondition
                    {
                        Type = PodConditionTypes.PodScheduled,
                        Status = "True",
                        ObservedGeneration = pod.Metadata.Generation,
                        LastTransitionTime = ObjectMetaRules.TruncateToSeconds(time.GetUtcNow()),
                    },
                ],
            },
        };
        return new ObjectWrite(WriteType.Replace, stored.Key.Namespace, name, definition.Encode(bound), stored.Revision, []);
    }
}
