using System.CommandLine;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Storage.PostgreSql;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary>
/// The options that name a PostgreSQL database. Every user of the machine can read a command line, so the password may come from
/// elsewhere: from a file, from <c>ORCHESTRATOR_POSTGRES</c>, or, as with PostgreSQL's own programs, from <c>PGPASSWORD</c> or
/// <c>PGPASSFILE</c>.
/// </summary>
internal sealed class PostgresOptions
{
    private const string ConnectionName = "--postgres";
    private const string PasswordFileName = "--postgres-password-file";

    private static readonly string Variable = EnvironmentOption.VariableOf(ConnectionName);

    /// <summary>The connection string. Its environment variable is not its default value, because help shows defaults.</summary>
    public Option<string> Connection { get; } = new(ConnectionName)
    {
        Description = $"PostgreSQL connection string, as in \"Host=db;Database=orchestrator;Username=app\" [env: {Variable}]",
        HelpName = "connection",
    };

    /// <summary>The file with the password.</summary>
    public Option<string> PasswordFile { get; } = EnvironmentOption.Create(
        PasswordFileName, "File that holds the password alone; without it PGPASSWORD and PGPASSFILE count", "");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Validators.Add(result =>
        {
            if (string.IsNullOrEmpty(result.GetValue(Connection) ?? FromEnvironment()))
                result.AddError($"{ConnectionName} is required");
        });
        command.Options.Insert(0, PasswordFile);
        command.Options.Insert(0, Connection);
    }

    /// <summary>The whole connection string.</summary>
    /// <exception cref="CommandException">The password's file cannot be read, or there are two passwords.</exception>
    public async Task<string> ReadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = PostgreSqlConnections.Parse(parsed.GetValue(Connection) ?? FromEnvironment()!);
        var hasPassword = !string.IsNullOrEmpty(settings.Password);
        if (hasPassword && parsed.GetValue(Connection) is not null)
        {
            await Console.Error.WriteLineAsync(
                $"orchestrator: every user of this machine can read a password in {ConnectionName}; {PasswordFileName} and PGPASSWORD keep it secret");
        }

        var file = parsed.GetRequiredValue(PasswordFile);
        if (file.Length == 0)
            return settings.ConnectionString;
        if (hasPassword)
            throw new CommandException($"both {ConnectionName} and {PasswordFileName} give a password");
        settings.Password = await ReadPasswordAsync(file, cancellationToken);
        return settings.ConnectionString;
    }

    private static string? FromEnvironment() => Environment.GetEnvironmentVariable(Variable);

    private static async Task<string> ReadPasswordAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            // Editors and echo end a file with a line feed, which is not part of the password.
            var password = (await File.ReadAllTextAsync(file, cancellationToken)).TrimEnd('\r', '\n');
            return password.Length > 0 ? password : throw new CommandException($"the password file {file} is empty");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"cannot read the password file: {unreadable.Message}", unreadable);
        }
    }
}
