using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace OrleansOrchestrator.Testing;

/// <summary>
/// A PostgreSQL server for one test run, with a new data folder under the temporary folder, a free port on 127.0.0.1, a unix
/// socket, and fsync on. Disposal stops it and deletes its folder.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly string _binaries;
    private readonly string _folder;
    private FakeClock? _clock;
    private Process? _postmaster;

    private PostgreSqlServer(string binaries, string folder, int port)
    {
        _binaries = binaries;
        _folder = folder;
        Port = port;
    }

    /// <summary>The TCP port on 127.0.0.1. It stays the same across restarts.</summary>
    public int Port { get; }

    /// <summary>The process id of the postmaster, the parent of the server's other processes.</summary>
    /// <exception cref="InvalidOperationException">The server does not run.</exception>
    public int ProcessId => _postmaster?.Id ?? throw new InvalidOperationException("the server does not run");

    /// <summary>The folder of the unix socket, usable as <c>Host</c>.</summary>
    public string SocketFolder => _folder;

    /// <summary>Why no server can be started here, or null if one can.</summary>
    public static string? Missing => PostgreSqlBinaries.Find() is null
        ? "PostgreSQL is not installed: initdb and postgres were not found with pg_config, under /usr/lib/postgresql, or in PATH"
        : null;

    /// <inheritdoc cref="StartAsync(string, CancellationToken)"/>
    public static Task<PostgreSqlServer> StartAsync(CancellationToken cancellationToken = default) => StartAsync(null, cancellationToken);

    /// <summary>Creates a data folder and starts a server on it.</summary>
    /// <param name="logFolder">
    /// The folder of the write-ahead log, if it is not with the data. It must not exist yet, and the server's account must be able
    /// to create it.
    /// </param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed or does not start; the message has its output.</exception>
    public static async Task<PostgreSqlServer> StartAsync(string? logFolder, CancellationToken cancellationToken)
    {
        var binaries = PostgreSqlBinaries.Find() ?? throw new InvalidOperationException(Missing);
        var folder = Directory.CreateTempSubdirectory("orchestrator-pg-").FullName;
        var server = new PostgreSqlServer(binaries, folder, FreePorts.Next());
        try
        {
            await PostgreSqlBinaries.GiveToServerAccountAsync(folder, cancellationToken);
            await server.InitializeAsync(logFolder, cancellationToken);
            await server.StartProcessAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Why no server with a settable clock can be started, or null if one can.</summary>
    public static string? ClockMissing => Missing ?? (FakeClock.Library is null ? "libfaketime is not installed" : null);

    /// <summary>Starts a server with a settable wall clock: see <see cref="SetClockAsync"/>.</summary>
    public static async Task<PostgreSqlServer> StartWithClockAsync(CancellationToken cancellationToken)
    {
        var server = await StartAsync(cancellationToken);
        server._clock = new FakeClock(server._folder);
        await server.RestartAsync(cancellationToken);
        return server;
    }

    /// <summary>Sets the server's wall clock, for open sessions too, and waits until the server uses it.</summary>
    /// <param name="ahead">How far the wall clock is then ahead of the machine's.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task SetClockAsync(TimeSpan ahead, CancellationToken cancellationToken = default)
    {
        (_clock ?? throw new InvalidOperationException("the server has the machine's clock")).Set(ahead);
        await Eventually.HoldsAsync(
            async () =>
            {
                var now = (DateTime)(await ExecuteAsync("SELECT clock_timestamp()", cancellationToken))!;
                return (now - TimeProvider.System.GetUtcNow().UtcDateTime - ahead).Duration() < TimeSpan.FromSeconds(5);
            },
            "the server's clock is the one that was asked for",
            null,
            cancellationToken);
    }

    /// <summary>Copies a running server and starts the copy as its hot standby.</summary>
    /// <param name="primary">The server to follow.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<PostgreSqlServer> StartStandbyAsync(PostgreSqlServer primary, CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory("orchestrator-pg-").FullName;
        var standby = new PostgreSqlServer(primary._binaries, folder, FreePorts.Next());
        try
        {
            await PostgreSqlBinaries.GiveToServerAccountAsync(folder, cancellationToken);
            await RunToEndAsync(
                Path.Combine(primary._binaries, "pg_basebackup"),
                [
                    "-h", "127.0.0.1", "-p", primary.Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres",
                    "-D", Path.Combine(folder, "data"), "-X", "stream", "-c", "fast", "--write-recovery-conf", "--no-sync",
                ],
                cancellationToken);
            await standby.StartProcessAsync(cancellationToken);
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>Promotes a standby, as after the loss of its primary, and waits until it accepts writes.</summary>
    public Task PromoteAsync(CancellationToken cancellationToken = default) => ExecuteAsync("SELECT pg_promote()", cancellationToken);

    /// <summary>Makes replication synchronous, so that the standby has all acknowledged commits, and waits until it is.</summary>
    public async Task RequireStandbyAsync(CancellationToken cancellationToken = default)
    {
        await ConfigureAsync("synchronous_standby_names", "*", cancellationToken);
        await Eventually.HoldsAsync(
            async () => await ExecuteAsync("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", cancellationToken) is 1L,
            "the standby replicates synchronously",
            null,
            cancellationToken);
    }

    /// <summary>Changes a setting of the whole server, for open sessions too.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="value">Its value; null to reset it.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task ConfigureAsync(string name, string? value, CancellationToken cancellationToken = default)
    {
        await ExecuteAsync(value is null ? $"ALTER SYSTEM RESET {name}" : $"ALTER SYSTEM SET {name} = '{value}'", cancellationToken);
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
    }

    /// <summary>Requires a password from an account. Other accounts need none.</summary>
    public async Task RequirePasswordAsync(string account, CancellationToken cancellationToken = default)
    {
        var rules = Path.Combine(_folder, "data", "pg_hba.conf");
        var present = await File.ReadAllTextAsync(rules, cancellationToken);
        await File.WriteAllTextAsync(rules, $"host all {account} 127.0.0.1/32 scram-sha-256\n{present}", cancellationToken);
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
    }

    /// <summary>Runs one of PostgreSQL's programs against this server to its end.</summary>
    /// <param name="program">Its name, as in <c>pg_dump</c>.</param>
    /// <param name="arguments">Its arguments, without those that name the server.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="InvalidOperationException">The program failed; the message has its output.</exception>
    public Task RunProgramAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default) => RunToEndAsync(
        Path.Combine(_binaries, program),
        ["-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", .. arguments],
        cancellationToken);

    /// <summary>A connection string for one of the server's databases.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database}";

    /// <summary>Creates an empty database.</summary>
    /// <param name="name">Its name, or null for a new one.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string? name = null, CancellationToken cancellationToken = default)
    {
        name ??= "test_" + Guid.NewGuid().ToString("N")[..12];
        await ExecuteAsync($"CREATE DATABASE \"{name}\" TEMPLATE template0", cancellationToken);
        return ConnectionString(name);
    }

    /// <summary>Runs a statement as the superuser in the database <c>postgres</c>.</summary>
    /// <returns>The first column of the first row, if there is one.</returns>
    public async Task<object?> ExecuteAsync(string statement, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Options=-c statement_timeout=0");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Stops the server in mode "fast": running transactions are rolled back.</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>Crashes the server: it writes nothing more, and its next start recovers from the log.</summary>
    public Task KillAsync() => EndAsync("QUIT");

    /// <summary>Kills only the postmaster. Its sessions end once they notice.</summary>
    public Task KillPostmasterAsync() => EndAsync("KILL");

    /// <summary>Starts the server again on the same port and data.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        await StopAsync();
        await StartProcessAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();

        // Sessions of a killed postmaster, and its log writer, may still be ending.
        await Eventually.HoldsAsync(TryDeleteFolderAsync, "the folder of the server is deleted", null, CancellationToken.None);
    }

    private Task<bool> TryDeleteFolderAsync()
    {
        try
        {
            if (Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
            return Task.FromResult(true);
        }
        catch (IOException)
        {
            return Task.FromResult(false);
        }
    }

    // --no-sync applies only to the creation of the folder. The server runs with fsync on.
    private Task InitializeAsync(string? logFolder, CancellationToken cancellationToken) => RunToEndAsync(
        Path.Combine(_binaries, "initdb"),
        [
            "--pgdata", Path.Combine(_folder, "data"), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync",
            .. logFolder is null ? (string[])[] : ["--waldir", logFolder],
        ],
        cancellationToken);

    private static async Task RunToEndAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = PostgreSqlBinaries.Run(program, arguments);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Path.GetFileName(program)} failed: {await output} {errors}");
    }

    private async Task StartProcessAsync(CancellationToken cancellationToken)
    {
        var log = Path.Combine(_folder, "server.log");
        _postmaster = PostgreSqlBinaries.Run(
            Path.Combine(_binaries, "postgres"),
            [
                "-D", Path.Combine(_folder, "data"), "-k", _folder, "-p", Port.ToString(CultureInfo.InvariantCulture),
                "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "shared_buffers=256MB",
                "-c", "max_wal_size=2GB", "-c", "logging_collector=on", "-c", $"log_directory={_folder}", "-c", "log_filename=server.log",
            ],
            _clock?.Environment);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StartTimeout);
        while (true)
        {
            try
            {
                await ExecuteAsync("SELECT 1", deadline.Token);
                return;
            }
            catch (NpgsqlException) when (!_postmaster.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, deadline.Token);
            }
            catch (NpgsqlException)
            {
                var written = File.Exists(log) ? await File.ReadAllTextAsync(log, CancellationToken.None) : "";
                throw new InvalidOperationException($"postgres ended with code {_postmaster.ExitCode}: {written}");
            }
        }
    }

    private async Task EndAsync(string signal)
    {
        if (_postmaster is not { } postmaster)
            return;

        _postmaster = null;
        using (postmaster)
        {
            if (!postmaster.HasExited)
            {
                using var kill = Process.Start("kill", [$"-{signal}", postmaster.Id.ToString(CultureInfo.InvariantCulture)]);
                await kill.WaitForExitAsync();
            }

            await postmaster.WaitForExitAsync();
            if (_clock is not null)
                FakeClock.CleanUpAfter(postmaster.Id);
        }
    }
}
