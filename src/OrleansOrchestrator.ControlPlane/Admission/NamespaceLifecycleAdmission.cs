using System.Collections.Frozen;
using k8s.Models;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Refuses to create objects in a namespace that does not exist or is being deleted, and to delete the system's own namespaces.
/// </summary>
/// <remarks>See k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle.</remarks>
internal sealed class NamespaceLifecycleAdmission(AdmissionReader reader) : IMutatingAdmission
{
    private static readonly FrozenSet<string> Immortal = FrozenSet.Create(StringComparer.Ordinal, "default", "kube-system", "kube-public");

    public string Name => "NamespaceLifecycle";

    // Before anything else is checked, as in Kubernetes: a missing namespace is the first error to report.
    public bool Handles(AdmissionRequest request) => request.Operation switch
    {
        AdmissionOperation.Create => request.Definition.Namespaced && request.Subresource.Length == 0,
        AdmissionOperation.Delete => request.Definition.Name == WellKnownResources.Namespaces,
        _ => false,
    };

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request.Operation == AdmissionOperation.Create)
            await RequireNamespaceAsync(request, cancellationToken);
        else if (Immortal.Contains(request.Key.Name))
            throw ApiErrors.Forbidden(WellKnownResources.Namespaces, request.Key.Name, "this namespace may not be deleted");
        return request;
    }

    private async ValueTask RequireNamespaceAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var name = request.Key.Namespace;
        // The deletion of a namespace is acknowledged only when no cache that counts as current is behind it.
        var found = await reader.FindAsync(WellKnownResources.Namespaces, new ObjectKey("", name), cancellationToken)
            ?? throw ApiErrors.NotFound(WellKnownResources.Namespaces, name);
        if (found.IsDeleting)
            throw Terminating(request, name);
    }

    private static ApiException Terminating(AdmissionRequest request, string name)
    {
        var error = ApiErrors.Forbidden(request.Definition.Name, request.Key.Name,
            $"unable to create new content in namespace {name} because it is being terminated");
        error.Status.Details.Causes =
        [
            new V1StatusCause { Reason = "NamespaceTerminating", Message = $"namespace {name} is being terminated", Field = "metadata.namespace" },
        ];
        return error;
    }
}
