using OrleansOrchestrator.Gateway.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>status</c>: reads and takes the whole object, but writes only its status.</summary>
internal sealed class StatusEndpoint(ObjectReads reads, ObjectWrites writes)
    : PartEndpoint("status", static definition => definition.HasStatus, reads, writes);
