namespace OrleansOrchestrator.Storage.Identity;

/// <summary>
/// Keeps the few values that identify a cluster, and on which all silos must agree before they serve anything: the certificate
/// authority, the administrator's token, the cluster's id and its address ranges.
/// </summary>
public interface IClusterIdentityStore
{
    /// <summary>Reads a value, or stores the proposed one if there is none. The first writer wins, and all callers get its value.</summary>
    /// <param name="name">The value's name.</param>
    /// <param name="propose">Makes the value to store if none exists. Called at most once.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="Log.LogUnavailableException">The database could not be reached.</exception>
    Task<byte[]> GetOrAddAsync(string name, Func<byte[]> propose, CancellationToken cancellationToken);
}
