using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Resources;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>approval</c>: reads and takes the whole certificate request, but writes only its conditions.</summary>
internal sealed class ApprovalEndpoint(ObjectReads reads, ObjectWrites writes)
    : PartEndpoint("approval", SubresourceDeclaration.Of(new ResourceName("certificatesigningrequests", "certificates.k8s.io")), reads, writes);
