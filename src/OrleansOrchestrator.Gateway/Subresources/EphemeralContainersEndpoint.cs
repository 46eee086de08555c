using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>pods/ephemeralcontainers</c>: takes the whole pod, but adds only containers to look into it.</summary>
internal sealed class EphemeralContainersEndpoint(ObjectReads reads, ObjectWrites writes)
    : PartEndpoint(EphemeralContainers.Subresource, SubresourceDeclaration.Of(WellKnownResources.Pods), reads, writes);
