using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Gateway.Reviews;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>pods/binding</c> and the older <c>bindings</c> collection: both bind a pod to a node.</summary>
internal sealed class BindingEndpoint(IObjectClient objects, ObjectBody bodies) : ISubresourceEndpoint, IReviewEndpoint
{
    /// <summary>The resource of the older form.</summary>
    public ComputedResource Resource => ComputedResource.Bindings;

    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "binding",
        Serves = SubresourceDeclaration.Of(WellKnownResources.Pods),
        Verbs = [Verbs.Create],
        BodyKind = "Binding",
    };

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var options = WriteQueries.ForWrite(request, "CreateOptions");
        var binding = await bodies.ReadModelAsync<V1Binding>(request) ?? throw ApiErrors.BadRequest("a Binding is required");
        var podName = PodNameOf(request.Info, binding);
        if (string.IsNullOrEmpty(binding.Target?.Name))
            throw ApiErrors.BadRequest("target.name: Required value");
        if (binding.Target.Kind is not (null or "" or "Node"))
            throw ApiErrors.BadRequest($"target.kind: Unsupported value: \"{binding.Target.Kind}\": supported values: \"Node\", \"<empty>\"");

        var pod = new ObjectKey(request.Info.Namespace, podName);
        await objects.BindAsync(pod, binding.Metadata?.Uid, binding.Target.Name, options, request.Cancellation);
        await StatusResponse.SendAsync(request.Http, StatusResponse.Success(201), request.Cancellation);
    }

    private static string PodNameOf(RequestInfo info, V1Binding binding)
    {
        var named = binding.Metadata?.Name ?? "";
        if (info.Name.Length == 0)
            return named.Length > 0 ? named : throw ApiErrors.BadRequest("metadata.name: Required value");
        if (named.Length > 0 && named != info.Name)
            throw ApiErrors.BadRequest($"the name of the object ({named}) does not match the name on the URL ({info.Name})");
        return info.Name;
    }
}
