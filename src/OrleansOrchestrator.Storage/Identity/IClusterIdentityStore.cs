namespace OrleansOrchestrator.Storage.Identity;

/// <summary>
/// Keeps the few values that make a cluster itself and that every silo must agree on before it serves anything: the
/// certificate authority, the administrator's token, the cluster's id and address ranges.
/// </summary>
public interface IClusterIdentityStore
{
    /// <summary>Reads a value, or stores the proposed one if there is none: the first writer wins, everyone gets the winner.</summary>
    /// <param name="name">The value's name.</param>
    /// <param name="propose">Makes the value to store if none exists. Called at most once.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="Log.LogUnavailableException">The database could not be reached.</exception>
    Task<byte[]> GetOrAddAsync(string name, Func<byte[]> propose, CancellationToken cancellationToken);
}
