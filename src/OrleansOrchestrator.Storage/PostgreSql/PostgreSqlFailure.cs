using System.Net.Sockets;
using Npgsql;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>Translates Npgsql's exceptions into those of the log's contract, with messages for an operator.</summary>
internal static class PostgreSqlFailure
{
    /// <summary>
    /// Whether the server said that it rolled the statement back. Only severity ERROR says so: FATAL ends the session, and a session
    /// can end after its commit has become durable, for example while it waits for a standby. A pooler that has lost the server reports
    /// class 08 or 40003.
    /// </summary>
    public static bool CertainlyRolledBack(Exception exception) =>
        exception is PostgresException { InvariantSeverity: "ERROR", SqlState: not PostgresErrorCodes.StatementCompletionUnknown } e
        && !e.SqlState.StartsWith("08", StringComparison.Ordinal);

    /// <summary>Whether the database or the network caused the exception, rather than a fault in our code.</summary>
    public static bool IsDatabaseFailure(Exception exception) =>
        exception is NpgsqlException or TimeoutException or IOException or SocketException;

    /// <summary>The exception for an operation that had no effect, or a harmless one.</summary>
    public static LogUnavailableException Unavailable(Exception exception, string endpoint) =>
        new(Explain(exception, endpoint), exception);

    public static string Explain(Exception exception, string endpoint) => exception switch
    {
        PostgresException e when e.SqlState == PostgresErrorCodes.UndefinedTable =>
            $"PostgreSQL at {endpoint} has not been migrated ({e.MessageText}): run 'orchestrator migrate'",
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } =>
            $"PostgreSQL at {endpoint} is read-only: it is a standby, or default_transaction_read_only is on",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } e => $"PostgreSQL at {endpoint} has no space left: {e.MessageText}",
        PostgresException e when RefusesConnection(e.SqlState) => $"cannot connect to PostgreSQL at {endpoint}: {e.MessageText}",
        PostgresException e => $"PostgreSQL at {endpoint} refused: {e.MessageText} ({e.SqlState})",
        NpgsqlException { InnerException: null or AggregateException } e when NamesNoHost(e) =>
            $"none of the PostgreSQL servers at {endpoint} can be written to: {Reasons(e)}",
        NpgsqlException { InnerException: TimeoutException } e when e.Message.Contains("pool", StringComparison.Ordinal) =>
            $"all connections to PostgreSQL at {endpoint} are in use",
        NpgsqlException { InnerException: null } e => $"cannot use PostgreSQL at {endpoint}: {e.Message.ReplaceLineEndings(" ")}",
        _ => ExplainConnection(Root(exception), endpoint),
    };

    // None of several servers has the required role. Npgsql reports this without an error code.
    private static bool NamesNoHost(NpgsqlException exception) => exception.Message.Contains("suitable host", StringComparison.Ordinal);

    // Sorted and without duplicates: the same fault must have the same message at every attempt.
    private static string Reasons(NpgsqlException exception) => exception.InnerException is AggregateException { InnerExceptions: var each }
        ? string.Join(", ", each.Select(e => Reason(Root(e))).Distinct().Order(StringComparer.Ordinal))
        : "none is the primary";

    private static string Reason(Exception cause) => cause switch
    {
        SocketException socket => Lower(socket.SocketErrorCode),
        EndOfStreamException => Lower(SocketError.ConnectionReset),
        _ => cause.Message,
    };

    private static bool RefusesConnection(string state) => state
        is PostgresErrorCodes.InvalidPassword
        or PostgresErrorCodes.InvalidAuthorizationSpecification
        or PostgresErrorCodes.InvalidCatalogName
        or PostgresErrorCodes.TooManyConnections
        or PostgresErrorCodes.CannotConnectNow;

    private static string ExplainConnection(Exception cause, string endpoint) => cause switch
    {
        SocketException e => $"cannot connect to PostgreSQL at {endpoint}: {Lower(e.SocketErrorCode)}",
        TimeoutException => $"PostgreSQL at {endpoint} did not answer in time",
        _ => $"lost the connection to PostgreSQL at {endpoint}: {cause.Message.ReplaceLineEndings(" ")}",
    };

    private static string Lower(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the host name cannot be resolved",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "the host cannot be reached",
        SocketError.TimedOut => "no answer",
        SocketError.ConnectionReset => "connection reset",
        SocketError.AddressNotAvailable => "no such socket",
        _ => error.ToString(),
    };

    private static Exception Root(Exception exception)
    {
        while (exception.InnerException is { } inner)
            exception = inner;
        return exception;
    }
}
