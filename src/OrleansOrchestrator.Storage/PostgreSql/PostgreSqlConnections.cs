using Microsoft.Extensions.Logging;
using Npgsql;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>
/// One silo's connections to PostgreSQL, in two pools: commits have their own, so that a long load cannot keep a write waiting,
/// and their sessions are set up for the one statement they run.
/// </summary>
public sealed class PostgreSqlConnections : IAsyncDisposable
{
    // A commit that the server itself gives up has certainly not happened; one that the client gives up is in doubt.
    private static readonly TimeSpan ServerAnswersFirst = TimeSpan.FromSeconds(2);

    // A standby that has just been promoted must not be taken for a standby for much longer.
    private static readonly TimeSpan HostRecheck = TimeSpan.FromSeconds(1);

    private PostgreSqlConnections(NpgsqlDataSource general, NpgsqlDataSource commits, PostgreSqlOptions options, string endpoint)
    {
        General = general;
        Commits = commits;
        Options = options;
        Endpoint = endpoint;
    }

    /// <summary>The pool for everything but commits. Give it to Orleans' AdoNet providers as their data source.</summary>
    public NpgsqlDataSource General { get; }

    internal NpgsqlDataSource Commits { get; }

    internal PostgreSqlOptions Options { get; }

    /// <summary>The server as <c>host:port</c>, for messages.</summary>
    internal string Endpoint { get; }

    /// <summary>Prepares the pools. Nothing is connected yet.</summary>
    /// <param name="connectionString">An Npgsql connection string. Time-outs and pool sizes come from <paramref name="options"/>;
    /// a <c>Search Path</c> chooses the schema.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="loggerFactory">Receives Npgsql's own log, or null for none.</param>
    /// <exception cref="StoreUnusableException">The connection string cannot be understood.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static PostgreSqlConnections Create(string connectionString, PostgreSqlOptions options, ILoggerFactory? loggerFactory = null)
    {
        if (options.Faults() is { Count: > 0 } faults)
            throw new ArgumentException($"PostgreSQL options: {string.Join(' ', faults)}", nameof(options));
        var settings = Parse(connectionString);
        settings.ApplicationName ??= "orchestrator";
        settings.CommandTimeout = WholeSeconds(options.CommandTimeout);
        settings.Timeout = WholeSeconds(options.ConnectTimeout);
        settings.MaxAutoPrepare = Math.Max(settings.MaxAutoPrepare, 40);

        if (settings.Host!.Contains(','))
            ChoosePrimary(settings);

        // Sessions are never left changed, so resetting one on return would be work for nothing.
        settings.NoResetOnClose = true;

        var general = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            MaxPoolSize = options.ReadConnectionsMax,
            Options = GeneralSession(settings.Options),
        };
        var commits = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            MaxPoolSize = options.CommitConnectionsMax,
            WriteBufferSize = 64 * 1024,
            CommandTimeout = WholeSeconds(options.CommandTimeout + ServerAnswersFirst),
            Options = CommitSession(settings.Options, options),
        };
        return new PostgreSqlConnections(Build(general), Build(commits), options, Describe(settings));

        NpgsqlDataSource Build(NpgsqlConnectionStringBuilder builder) =>
            new NpgsqlDataSourceBuilder(builder.ConnectionString).UseLoggerFactory(loggerFactory).Build();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Commits.DisposeAsync();
        await General.DisposeAsync();
    }

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="StoreUnusableException">It cannot be understood.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrEmpty(settings.Host)
                ? throw new StoreUnusableException("the PostgreSQL connection string names no host")
                : settings;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new StoreUnusableException(
                "the PostgreSQL connection string cannot be understood; "
                + $"it is a list such as \"Host=db;Database=orchestrator;Username=app\": {e.Message.ReplaceLineEndings(" ")}",
                e);
        }
    }

    /// <summary>The server, or the servers, for messages.</summary>
    internal static string Describe(NpgsqlConnectionStringBuilder settings)
    {
        return string.Join(',', settings.Host!.Split(',').Select(host => DescribeHost(host.Trim())));

        string DescribeHost(string host)
        {
            if (host.StartsWith('/'))
                return $"{host}/.s.PGSQL.{settings.Port}";
            var hasPort = host.LastIndexOf(':') is var colon and >= 0 && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']');
            return hasPort ? host : $"{host}:{settings.Port}";
        }
    }

    /// <summary>Of several servers only the primary can be used, and which one that is may change at any time.</summary>
    internal static void ChoosePrimary(NpgsqlConnectionStringBuilder settings)
    {
        settings.TargetSessionAttributes ??= "primary";
        if (!settings.ShouldSerialize("Host Recheck Seconds"))
            settings.HostRecheckSeconds = WholeSeconds(HostRecheck);
    }

    /// <summary>Loading a large resource takes as long as it takes: a limit that a server has for all must not make it fail each
    /// time. Compiling a plan takes longer than any of these statements gains by it. Nor does any gain by a bitmap: a planner without
    /// statistics of a table that has just grown expects few rows, and reads a shard's whole history into one to sort out the first
    /// rows that the index would have given at once. What the operator asks of these sessions in particular comes later and counts.</summary>
    private static string GeneralSession(string? options) => $"-c statement_timeout=0 -c jit=off -c enable_bitmapscan=off {options}".Trim();

    /// <summary>
    /// The plan of a commit is always index look-ups, one per row; a planner that reads statistics of a table that has just
    /// grown must not get the idea of scanning it. Dead peers are noticed within seconds, because a half-received commit
    /// holds the shard's row; and no server-wide setting may make an acknowledged commit volatile (I1).
    /// </summary>
    private static string CommitSession(string? options, PostgreSqlOptions limits) => string.Join(' ',
        options,
        "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off",
        "-c synchronous_commit=on",
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
        $"-c statement_timeout={(long)limits.CommandTimeout.TotalMilliseconds}").Trim();

    private static int WholeSeconds(TimeSpan span) => (int)Math.Ceiling(span.TotalSeconds);
}
