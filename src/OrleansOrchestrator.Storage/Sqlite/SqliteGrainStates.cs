using Microsoft.Data.Sqlite;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>
/// The states of grains in a SQLite file. A write succeeds only if the state is still at the version that was read. Every method throws
/// <see cref="LogUnavailableException"/> if SQLite fails.
/// </summary>
/// <param name="database">The file; it belongs to the caller.</param>
public sealed class SqliteGrainStates(SqliteDatabase database)
{
    /// <summary>Reads a state.</summary>
    /// <param name="name">The state's name.</param>
    /// <param name="grain">The grain.</param>
    /// <returns>The bytes, null if the state was cleared, and the version; null if there never was a state.</returns>
    public Task<(byte[]? Payload, long Version)?> ReadAsync(string name, string grain) => database.ReadAsync<(byte[]?, long)?>(
        connection =>
        {
            using var select = Command(connection, "SELECT payload, version FROM grain_state WHERE name = $name AND grain = $grain", name, grain);
            using var reader = select.ExecuteReader();
            return reader.Read() ? (reader.IsDBNull(0) ? null : reader.GetFieldValue<byte[]>(0), reader.GetInt64(1)) : null;
        },
        CancellationToken.None);

    /// <summary>Writes a state, or clears it.</summary>
    /// <param name="name">The state's name.</param>
    /// <param name="grain">The grain.</param>
    /// <param name="payload">The bytes; null to clear the state.</param>
    /// <param name="version">The version that was read; null if there was none.</param>
    /// <returns>The new version; null if somebody else wrote the state since it was read.</returns>
    public Task<long?> WriteAsync(string name, string grain, byte[]? payload, long? version) => database.WriteAsync<long?>(
        connection =>
        {
            using var write = Command(
                connection,
                version is null
                    ? "INSERT INTO grain_state (name, grain, payload, version) VALUES ($name, $grain, $payload, 1) ON CONFLICT DO NOTHING RETURNING version"
                    : "UPDATE grain_state SET payload = $payload, version = version + 1 WHERE name = $name AND grain = $grain AND version = $version RETURNING version",
                name,
                grain).With("$payload", payload is null ? DBNull.Value : payload);
            if (version is { } known)
                write.With("$version", known);
            return (long?)write.ExecuteScalar();
        },
        CancellationToken.None);

    private static SqliteCommand Command(SqliteConnection connection, string statement, string name, string grain) =>
        connection.Command(statement).With("$name", name).With("$grain", grain);
}
