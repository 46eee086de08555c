using Microsoft.Data.Sqlite;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.Sqlite;

/// <summary>One commit on the writing connection: the head and the changes, in one transaction.</summary>
internal static class SqliteCommit
{
    /// <summary>Runs the commit.</summary>
    /// <returns>Whether it was stored; false if the epoch or the head did not match.</returns>
    /// <exception cref="OutcomeUnknownException">The final step failed, and the commit may be on the disk.</exception>
    /// <exception cref="SqliteException">Another step failed. Nothing was stored.</exception>
    public static bool Execute(SqliteConnection connection, ShardId shard, long epoch, LogCommit commit, CommitRows rows, long now)
    {
        using var transaction = connection.BeginTransaction();
        using var advance = connection.Command(SqliteStatements.AdvanceHead, transaction).With(shard)
            .With("$epoch", epoch).With("$before", commit.HeadBefore).With("$after", commit.HeadAfter);
        if (advance.ExecuteScalar() is not long id)
            return false;

        WriteChanges(connection, transaction, id, rows, now);
        try
        {
            transaction.Commit();
            return true;
        }
        catch (SqliteException e) when (!SqliteFailure.CommitCertainlyFailed(e))
        {
            throw new OutcomeUnknownException($"a commit may or may not be stored: {SqliteFailure.Explain(e, connection.DataSource)}", e);
        }
    }

    private static void WriteChanges(SqliteConnection connection, SqliteTransaction transaction, long id, CommitRows rows, long now)
    {
        using var insert = connection.Command(SqliteStatements.InsertChange, transaction).With("$id", id).With("$now", now);
        var revision = Parameter(insert, "$revision", SqliteType.Integer);
        var type = Parameter(insert, "$type", SqliteType.Integer);
        var @namespace = Parameter(insert, "$namespace", SqliteType.Text);
        var name = Parameter(insert, "$name", SqliteType.Text);
        var value = Parameter(insert, "$value", SqliteType.Blob);
        var previous = Parameter(insert, "$previous", SqliteType.Integer);
        for (var i = 0; i < rows.Count; i++)
        {
            revision.Value = rows.Revisions[i];
            type.Value = rows.Types[i];
            @namespace.Value = rows.Namespaces[i];
            name.Value = rows.Names[i];
            value.Value = rows.Values[i].ToBound();
            previous.Value = rows.PreviousRevisions[i];
            insert.ExecuteNonQuery();
        }
    }

    private static SqliteParameter Parameter(SqliteCommand command, string name, SqliteType type) =>
        command.Parameters.Add(name, type);
}
