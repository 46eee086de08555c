using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>pods/resize</c>: takes the whole pod, but changes only the resources of its containers.</summary>
internal sealed class ResizeEndpoint(ObjectReads reads, ObjectWrites writes)
    : PartEndpoint(PodResize.Subresource, SubresourceDeclaration.Of(WellKnownResources.Pods), reads, writes);
