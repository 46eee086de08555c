using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Taints each new node as not ready, so that nothing is bound to it before anybody has judged it. The node lifecycle controller
/// removes the taint once the node is ready.
/// </summary>
/// <remarks>See k8s.io/kubernetes/plugin/pkg/admission/nodetaint.</remarks>
internal sealed class NodeTaintAdmission : IMutatingAdmission
{
    public string Name => "TaintNodesByCondition";

    public bool Handles(AdmissionRequest request) => request is { Operation: AdmissionOperation.Create, Subresource: "", Object: V1Node };

    public ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var spec = ((V1Node)request.Object!).Spec ??= new V1NodeSpec();
        if (spec.Taints?.Any(taint => taint is { Key: TaintKeys.NotReady, Effect: TaintEffects.NoSchedule }) is not true)
            spec.Taints = [.. spec.Taints ?? [], new V1Taint { Key = TaintKeys.NotReady, Effect = TaintEffects.NoSchedule }];
        return ValueTask.FromResult(request);
    }
}
