namespace OrleansOrchestrator.Node.Api;

/// <summary>The API gave no answer, or none that can be read. <see cref="ClusterConnection"/> raises it, so that nobody takes a fault of
/// the daemon's own machine for it.</summary>
internal sealed class ApiUnavailableException(Exception cause) : Exception(cause.Message, cause);
