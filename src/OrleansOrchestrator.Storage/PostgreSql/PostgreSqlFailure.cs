using System.Net.Sockets;
using Npgsql;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>Turns what Npgsql throws into what the log's contract promises, in words for an operator.</summary>
internal static class PostgreSqlFailure
{
    /// <summary>
    /// Whether the server answered that it has undone the statement. Only severity ERROR says so: a FATAL one ends the
    /// session, and a session can be ended after its commit has become durable (while it waits for a standby, for example).
    /// Class 08 and 40003 are what a pooler in between says when it has lost the server.
    /// </summary>
    public static bool CertainlyRolledBack(Exception exception) =>
        exception is PostgresException { InvariantSeverity: "ERROR", SqlState: not PostgresErrorCodes.StatementCompletionUnknown } e
        && !e.SqlState.StartsWith("08", StringComparison.Ordinal);

    /// <summary>Whether the exception is the database's or the network's doing rather than a fault in our code.</summary>
    public static bool IsDatabaseFailure(Exception exception) =>
        exception is NpgsqlException or TimeoutException or IOException or SocketException;

    /// <summary>For an operation that had no effect, or none that matters.</summary>
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

    // Several servers are named, and none of them is what was asked for; Npgsql has an error of its own for that, without a code.
    private static bool NamesNoHost(NpgsqlException exception) => exception.Message.Contains("suitable host", StringComparison.Ordinal);

    // In one order and one word for each: the same trouble must not look like another one with every try.
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
