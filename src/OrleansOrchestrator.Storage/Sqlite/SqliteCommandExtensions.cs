using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>Short forms for commands and their parameters.</summary>
internal static class SqliteCommandExtensions
{
    public static SqliteCommand Command(this SqliteConnection connection, string statement, SqliteTransaction? transaction = null)
    {
        var command = connection.CreateCommand();
        command.CommandText = statement;
        command.Transaction = transaction;
        return command;
    }

    public static SqliteCommand With(this SqliteCommand command, string name, object value)
    {
        command.Parameters.AddWithValue(name, value);
        return command;
    }

    public static SqliteCommand With(this SqliteCommand command, ShardId shard) =>
        command.With("$resource", shard.Resource).With("$shard", shard.Shard);

    /// <summary>SQLite binds whole arrays. Copies the bytes only if they are a part of one.</summary>
    public static byte[] ToBound(this ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var segment) && segment.Array is { } array && segment.Count == array.Length
            ? array
            : value.ToArray();
}
