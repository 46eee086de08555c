using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Cli.Hosting;
using OrleansOrchestrator.Storage.Schema;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator migrate</c>: brings a PostgreSQL database to this version's schema.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var postgres = CommonOptions.Postgres();
        var command = new Command("migrate", "Create or update the tables in a PostgreSQL database; silos do it at start too.") { postgres };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                await Migrations.MigratePostgreSqlAsync(parsed.GetRequiredValue(postgres), NullLogger.Instance, cancellationToken);
            }
            catch (Exception exception) when (StoreFaults.Explains(exception))
            {
                throw new CommandException(exception.Message, exception);
            }

            Console.WriteLine("the database is up to date");
            return ExitCodes.Success;
        });
        return command;
    }
}
