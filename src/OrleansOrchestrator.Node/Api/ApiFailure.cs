namespace OrleansOrchestrator.Node.Api;

/// <summary>Tells failures of the API from all others.</summary>
internal static class ApiFailure
{
    /// <summary>Whether the network or the server caused the failure, so that a retry may help.</summary>
    public static bool IsTransient(Exception exception) => exception is ApiException or ApiUnavailableException or OperationCanceledException;
}
