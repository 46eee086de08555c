using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Gives a new pod what its runtime class says: the overhead, and the nodes that have the runtime.</summary>
/// <remarks>See the admission plug-in RuntimeClass, k8s.io/kubernetes/plugin/pkg/admission/runtimeclass.</remarks>
internal sealed class RuntimeClassAdmission(WatchCaches caches, ResourceRegistry registry) : IMutatingAdmission
{
    public string Name => "RuntimeClass";

    public bool Handles(AdmissionRequest request) => request is { Operation: AdmissionOperation.Create, Subresource: "", Object: V1Pod { Spec: { } spec } }
        && (!string.IsNullOrEmpty(spec.RuntimeClassName) || spec.Overhead is { Count: > 0 });

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var spec = ((V1Pod)request.Object!).Spec;
        if (string.IsNullOrEmpty(spec.RuntimeClassName))
            throw Refused(request, "Pod Overhead set without corresponding RuntimeClass defined Overhead");
        var found = await FindAsync(request, spec.RuntimeClassName, cancellationToken);
        var overhead = found.Overhead?.PodFixed;
        if (spec.Overhead is { Count: > 0 } said && !SemanticEquality.Equal(said, overhead))
            throw Refused(request, "Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        if (overhead is { Count: > 0 })
            spec.Overhead = new Dictionary<string, ResourceQuantity>(overhead);
        Place(request, spec, found.Scheduling);
        return request;
    }

    private static void Place(AdmissionRequest request, V1PodSpec spec, V1Scheduling? scheduling)
    {
        if (scheduling?.NodeSelector is { Count: > 0 } wanted)
        {
            var selector = new Dictionary<string, string>(spec.NodeSelector ?? new Dictionary<string, string>());
            foreach (var (key, value) in wanted)
            {
                if (selector.TryGetValue(key, out var own) && own != value)
                    throw Refused(request, $"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own}");
                selector[key] = value;
            }

            spec.NodeSelector = selector;
        }

        var present = spec.Tolerations ?? [];
        spec.Tolerations = [.. present, .. (scheduling?.Tolerations ?? []).Where(toleration => !present.Any(own => SemanticEquality.Equal(own, toleration)))];
    }

    private async ValueTask<V1RuntimeClass> FindAsync(AdmissionRequest request, string name, CancellationToken cancellationToken)
    {
        var cache = caches[registry[WellKnownResources.RuntimeClasses]];
        var key = new ObjectKey("", name);
        if (cache.Find(key) is null)
        {
            // The cache may not have a class that the sender has just created.
            await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        }

        return cache.Find(key)?.SharedModel<V1RuntimeClass>() ?? throw Refused(request, $"RuntimeClass \"{name}\" not found");
    }

    private static ApiException Refused(AdmissionRequest request, string why) =>
        ApiErrors.Forbidden(WellKnownResources.Pods, request.Key.Name, $"pod rejected: {why}");
}
