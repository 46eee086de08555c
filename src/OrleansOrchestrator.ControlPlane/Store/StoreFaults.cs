using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>The store cannot answer at the moment: its database is away, or it is moving to another silo. Nothing happened.</summary>
/// <remarks>It travels between silos, which know nothing of the database's exceptions: the message says it all.</remarks>
[GenerateSerializer, Alias("StoreUnavailableException")]
internal sealed class StoreUnavailableException(string message) : Exception(message);

/// <summary>Whether a commit happened can no longer be told: its shard had a newer owner before anybody asked.</summary>
internal sealed class OutcomeLostException(ShardId shard, long headAfter, Exception innerException)
    : Exception($"whether the commit of {shard} up to {headAfter} happened is not known", innerException);

/// <summary>Tells failures that pass by themselves (a store that moves, a database that is away) from faults.</summary>
internal static class StoreFaults
{
    /// <summary>Whether trying again may help.</summary>
    public static bool IsTransient(Exception exception) => exception is
        StoreUnavailableException or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException
        or GatewayTooBusyException or LimitExceededException or LogUnavailableException
        or OrleansException { InnerException: StoreUnavailableException or LogUnavailableException };

    /// <summary>Whether the cause may be that a silo is gone.</summary>
    public static bool MayBeCrash(Exception exception) => exception is OrleansMessageRejectionException or SiloUnavailableException;

    /// <summary>Whether the call certainly had no effect, so that the very same call may be made again.</summary>
    public static bool IsCertainlyNotExecuted(Exception exception) => exception is StoreUnavailableException;

    /// <summary>Says in one line what is wrong.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        StoreUnavailableException or LogUnavailableException => exception.Message,
        OrleansException { InnerException: StoreUnavailableException or LogUnavailableException } => exception.InnerException!.Message,
        TimeoutException => "the object store did not answer in time",
        _ => "the object store is moving to another silo",
    };
}
