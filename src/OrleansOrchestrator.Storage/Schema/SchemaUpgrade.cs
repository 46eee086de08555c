using System.Runtime.ExceptionServices;
using DbUp.Builder;
using DbUp.Engine;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace OrleansOrchestrator.Storage.Schema;

/// <summary>
/// Migrates a database to the schema of this build: runs the scripts of sql/ that the journal table does not name yet, each in its own
/// transaction. Running it again does nothing.
/// </summary>
internal static class SchemaUpgrade
{
    /// <summary>The table that names the scripts that have run.</summary>
    public const string Journal = "schema_migrations";

    /// <summary>The time limit of a script. Another silo may be migrating a large database: ten minutes tell a hung script from a slow
    /// one.</summary>
    public static readonly TimeSpan StatementTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Runs the scripts that have not run yet.</summary>
    /// <param name="target">The database.</param>
    /// <param name="dialect">The folder of its scripts.</param>
    /// <param name="database">The database's name in errors.</param>
    /// <param name="logger">Receives one line per script.</param>
    /// <exception cref="SqliteException">The file cannot be used.</exception>
    /// <exception cref="StoreUnusableException">A script failed, or a newer version wrote the database.</exception>
    public static void Run(UpgradeEngineBuilder target, string dialect, string database, ILogger logger)
    {
        var scripts = MigrationScripts.For(dialect);
        var engine = target
            .WithScripts(scripts)
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .WithExecutionTimeout(StatementTimeout)
            .ResetConfiguredLoggers()
            .LogTo(logger)
            .Build();
        RequireKnown(engine.GetExecutedScripts(), scripts, database);
        var result = engine.PerformUpgrade();
        if (result.Error is SqliteException { SqliteErrorCode: not raw.SQLITE_ERROR })
            ExceptionDispatchInfo.Throw(result.Error);
        if (!result.Successful)
        {
            throw new StoreUnusableException(
                $"cannot migrate {database}: {result.ErrorScript?.Name ?? "journal"}: {result.Error.Message.ReplaceLineEndings(" ")}",
                result.Error);
        }
    }

    /// <summary>Refuses a schema that a later version made: this version could destroy data in it.</summary>
    private static void RequireKnown(IReadOnlyList<string> executed, IReadOnlyList<SqlScript> known, string database)
    {
        var unknown = executed.Except(known.Select(script => script.Name), StringComparer.Ordinal).Order(StringComparer.Ordinal).LastOrDefault();
        if (unknown is not null)
            throw new StoreUnusableException($"{database} has been written by a newer version of orchestrator (schema {unknown}); use that version, or a newer one");
    }
}
