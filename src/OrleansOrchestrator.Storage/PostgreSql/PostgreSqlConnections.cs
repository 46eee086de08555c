using Microsoft.Extensions.Logging;
using Npgsql;

namespace OrleansOrchestrator.Storage.PostgreSql;

/// <summary>
/// The connections of one silo to PostgreSQL, in two pools. Commits have their own pool, so that a long load does not delay a write,
/// and its sessions are set up for their one statement.
/// </summary>
public sealed class PostgreSqlConnections : IAsyncDisposable
{
    // The server's time limit ends this much before the client's: a commit that the server gives up certainly did not happen, while one
    // that the client gives up is in doubt.
    private static readonly TimeSpan ServerAnswersFirst = TimeSpan.FromSeconds(2);

    // Npgsql remembers which server is the primary for this long: a newly promoted standby is found within a second. Npgsql's default
    // is 10 s.
    private static readonly TimeSpan HostRecheck = TimeSpan.FromSeconds(1);

    private PostgreSqlConnections(NpgsqlDataSource general, NpgsqlDataSource commits, PostgreSqlOptions options, string endpoint)
    {
        General = general;
        Commits = commits;
        Options = options;
        Endpoint = endpoint;
    }

    /// <summary>The pool for everything but commits. Pass it to Orleans' AdoNet providers as their data source.</summary>
    public NpgsqlDataSource General { get; }

    internal NpgsqlDataSource Commits { get; }

    internal PostgreSqlOptions Options { get; }

    /// <summary>The server as <c>host:port</c>, for messages.</summary>
    internal string Endpoint { get; }

    /// <summary>Prepares the pools without connecting.</summary>
    /// <param name="connectionString">An Npgsql connection string. Time-outs and pool sizes come from <paramref name="options"/>;
    /// a <c>Search Path</c> chooses the schema.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="loggerFactory">Receives Npgsql's log; null for none.</param>
    /// <exception cref="StoreUnusableException">The connection string is malformed.</exception>
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

        // Sessions never keep changed state, so that a reset on return is needless.
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
    /// <exception cref="StoreUnusableException">The connection string is malformed.</exception>
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

    /// <summary>The server or servers, for messages.</summary>
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

    /// <summary>Only the primary of several servers can be used, and the primary may change at any time.</summary>
    internal static void ChoosePrimary(NpgsqlConnectionStringBuilder settings)
    {
        settings.TargetSessionAttributes ??= "primary";
        if (!settings.ShouldSerialize("Host Recheck Seconds"))
            settings.HostRecheckSeconds = WholeSeconds(HostRecheck);
    }

    /// <summary>Settings of the sessions for everything but commits. No statement time-out: loading a large resource may take long, and
    /// a server-wide limit must not fail it each time. No JIT: compiling a plan takes longer than any of these statements gains. No
    /// bitmap scans: without statistics of a table that has just grown a planner expects few rows, and reads a shard's whole history
    /// into a bitmap to sort out the first rows, which the index gives at once. The operator's own session options come last and
    /// win.</summary>
    private static string GeneralSession(string? options) => $"-c statement_timeout=0 -c jit=off -c enable_bitmapscan=off {options}".Trim();

    /// <summary>
    /// Settings of the sessions for commits. The plan is always one index look-up per row: statistics of a table that has just grown
    /// must not make the planner scan it. Dead peers are detected within seconds, because a half-received commit holds the shard's row.
    /// No server-wide setting may make an acknowledged commit volatile (I1).
    /// </summary>
    private static string CommitSession(string? options, PostgreSqlOptions limits) => string.Join(' ',
        options,
        "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off",
        "-c synchronous_commit=on",
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
        $"-c statement_timeout={(long)limits.CommandTimeout.TotalMilliseconds}").Trim();

    private static int WholeSeconds(TimeSpan span) => (int)Math.Ceiling(span.TotalSeconds);
}
