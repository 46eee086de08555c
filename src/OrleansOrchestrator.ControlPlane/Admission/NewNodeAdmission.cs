using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Keeps pods off a new node until the node controller has seen that it is ready: the scheduler would hear of the node first.
/// </summary>
/// <remarks>See the admission plug-in TaintNodesByCondition, k8s.io/kubernetes/plugin/pkg/admission/nodetaint.</remarks>
internal sealed class NewNodeAdmission : IMutatingAdmission
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
