using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>The store cannot answer now: its database is away, or it is moving to another silo. Nothing happened.</summary>
/// <remarks>It travels between silos, which do not know the database's exceptions: the message carries everything.</remarks>
[GenerateSerializer, Alias("StoreUnavailableException")]
internal sealed class StoreUnavailableException(string message) : Exception(message);

/// <summary>The outcome of a commit can no longer be known: the shard had a newer owner before anybody asked.</summary>
internal sealed class OutcomeLostException(ShardId shard, long headAfter, Exception innerException)
    : Exception($"whether the commit of {shard} up to {headAfter} happened is not known", innerException);

/// <summary>Tells transient failures (a store that moves, a database that is away) from faults.</summary>
internal static class StoreFaults
{
    /// <summary>Whether a retry may help.</summary>
    public static bool IsTransient(Exception exception) => exception is
        StoreUnavailableException or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException
        or GatewayTooBusyException or LimitExceededException or LogUnavailableException
        or OrleansException { InnerException: StoreUnavailableException or LogUnavailableException };

    /// <summary>Whether a dead silo may be the cause.</summary>
    public static bool MayBeCrash(Exception exception) => exception is OrleansMessageRejectionException or SiloUnavailableException;

    /// <summary>Whether the call certainly had no effect, so that it may be repeated as it is.</summary>
    public static bool IsCertainlyNotExecuted(Exception exception) => exception is StoreUnavailableException;

    /// <summary>The failure in one line.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        StoreUnavailableException or LogUnavailableException => exception.Message,
        OrleansException { InnerException: StoreUnavailableException or LogUnavailableException } => exception.InnerException!.Message,
        TimeoutException => "the object store did not answer in time",
        _ => "the object store is moving to another silo",
    };
}
