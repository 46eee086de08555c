using OrleansOrchestrator.Storage.Identity;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>The cluster's identity in a SQLite file. All writers share one connection, which decides who was first.</summary>
/// <param name="database">The file; it belongs to the caller.</param>
public sealed class SqliteIdentityStore(SqliteDatabase database) : IClusterIdentityStore
{
    /// <inheritdoc/>
    public Task<byte[]> GetOrAddAsync(string name, Func<byte[]> propose, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                using var select = connection.Command("SELECT value FROM cluster_identity WHERE name = $name").With("$name", name);
                if (select.ExecuteScalar() is byte[] stored)
                    return stored;

                var proposed = propose();
                using var insert = connection.Command("INSERT INTO cluster_identity (name, value) VALUES ($name, $value)")
                    .With("$name", name).With("$value", proposed);
                insert.ExecuteNonQuery();
                return proposed;
            },
            cancellationToken);
}
