using k8s.Models;
using OrleansOrchestrator.Controllers.NodeLifecycle;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Lets a pod stay for a while on a node that is not ready or unreachable, unless the pod has such tolerations of its
/// own.</summary>
internal sealed class DefaultTolerationsAdmission(NodeLifecycleOptions options) : IMutatingAdmission
{
    public string Name => "DefaultTolerationSeconds";

    public bool Handles(AdmissionRequest request) =>
        request is { Operation: AdmissionOperation.Create or AdmissionOperation.Update, Subresource: "", Object: V1Pod { Spec: not null } };

    public ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        DefaultTolerations.Apply(((V1Pod)request.Object!).Spec, (long)options.Times.DefaultToleration.TotalSeconds);
        return ValueTask.FromResult(request);
    }
}
