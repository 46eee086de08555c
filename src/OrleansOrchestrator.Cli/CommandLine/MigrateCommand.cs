using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Storage.PostgreSql;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator migrate</c>: migrates a PostgreSQL database to this version's schema.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var postgres = new PostgresOptions();
        var command = new Command("migrate", "Create or update the tables in a PostgreSQL database; silos do it at start too.");
        postgres.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await PostgreSqlMigrations.RunAsync(await postgres.ReadAsync(parsed, cancellationToken), NullLogger.Instance, cancellationToken);
            Console.WriteLine("the database is up to date");
            return ExitCodes.Success;
        });
        return command;
    }
}
