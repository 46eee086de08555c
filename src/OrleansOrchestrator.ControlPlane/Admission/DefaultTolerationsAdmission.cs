using k8s.Models;
using OrleansOrchestrator.Controllers.NodeLifecycle;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Lets every new pod stay for a while on a node that has gone silent, unless the pod decides otherwise.</summary>
internal sealed class DefaultTolerationsAdmission(NodeLifecycleOptions options) : IAdmissionPlugin
{
    public ValueTask AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request.Operation == AdmissionOperation.Create && request.Subresource.Length == 0 && request.Object is V1Pod { Spec: { } spec })
            DefaultTolerations.Apply(spec, (long)options.Times.DefaultToleration.TotalSeconds);
        return ValueTask.CompletedTask;
    }
}
