using System.Collections.Frozen;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Nothing is created in a namespace that does not exist or is being deleted, and the namespaces that the system itself
/// needs are not deleted.
/// </summary>
/// <remarks>See k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle.</remarks>
internal sealed class NamespaceLifecycleAdmission(WatchCaches caches, ResourceRegistry registry) : IMutatingAdmission
{
    private static readonly FrozenSet<string> Immortal = FrozenSet.Create(StringComparer.Ordinal, "default", "kube-system", "kube-public");

    public string Name => "NamespaceLifecycle";

    // Before anything else is checked, as in Kubernetes: what is in no namespace is told so, whatever else is wrong with it.
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
        var cache = caches[registry[WellKnownResources.Namespaces]];
        var isCurrent = cache.IsCurrent;
        var found = cache.Find(new ObjectKey("", name));
        if (!isCurrent || found is null || found.IsDeleting)
        {
            // The cache may be behind somebody who has just created or deleted the namespace and knows it. A deletion is told when no
            // cache that says it is current is behind it; of a creation only the store knows.
            await cache.EnsureFreshAsync(Freshness.Latest, cancellationToken);
            found = cache.Find(new ObjectKey("", name)) ?? throw ApiErrors.NotFound(WellKnownResources.Namespaces, name);
        }

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
