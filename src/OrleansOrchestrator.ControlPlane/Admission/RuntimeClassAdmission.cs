using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Gives a new pod what its runtime class says: the overhead, and the nodes that have the runtime.</summary>
/// <remarks>See the admission plug-in RuntimeClass, k8s.io/kubernetes/plugin/pkg/admission/runtimeclass.</remarks>
internal sealed class RuntimeClassAdmission(AdmissionReader reader) : IMutatingAdmission
{
    public string Name => "RuntimeClass";

    public bool Handles(AdmissionRequest request) => request is { Operation: AdmissionOperation.Create, Subresource: "", Object: V1Pod { Spec: { } spec } }
        && (!string.IsNullOrEmpty(spec.RuntimeClassName) || spec.Overhead is { Count: > 0 });

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var spec = ((V1Pod)request.Object!).Spec;
        if (string.IsNullOrEmpty(spec.RuntimeClassName))
            throw Refused(request, "Pod Overhead set without corresponding RuntimeClass defined Overhead");
        var stored = await reader.FindAsync(WellKnownResources.RuntimeClasses, new ObjectKey("", spec.RuntimeClassName), cancellationToken);
        var found = stored?.SharedModel<V1RuntimeClass>() ?? throw Refused(request, $"RuntimeClass \"{spec.RuntimeClassName}\" not found");
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

    private static ApiException Refused(AdmissionRequest request, string why) =>
        ApiErrors.Forbidden(WellKnownResources.Pods, request.Key.Name, $"pod rejected: {why}");
}
