using OrleansOrchestrator.Storage.Identity;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>The cluster's identity in PostgreSQL. The primary key decides who was first.</summary>
/// <param name="connections">The pools to use; they belong to the caller.</param>
public sealed class PostgreSqlIdentityStore(PostgreSqlConnections connections) : IClusterIdentityStore
{
    /// <inheritdoc/>
    public async Task<byte[]> GetOrAddAsync(string name, Func<byte[]> propose, CancellationToken cancellationToken)
    {
        try
        {
            if (await ReadAsync(name, cancellationToken) is { } stored)
                return stored;

            await using var insert = connections.General
                .CreateCommand("INSERT INTO cluster_identity (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .With(name).With(propose());
            await insert.ExecuteNonQueryAsync(cancellationToken);

            // The insert waited for a concurrent one, so that the winner's value is visible now.
            return await ReadAsync(name, cancellationToken)
                ?? throw new InvalidOperationException($"the cluster identity '{name}' was deleted while it was being read");
        }
        catch (Exception e) when (PostgreSqlFailure.IsDatabaseFailure(e))
        {
            throw PostgreSqlFailure.Unavailable(e, connections.Endpoint);
        }
    }

    private async Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        await using var select = connections.General
            .CreateCommand("SELECT value FROM cluster_identity WHERE name = $1").With(name);
        return await select.ExecuteScalarAsync(cancellationToken) as byte[];
    }
}
