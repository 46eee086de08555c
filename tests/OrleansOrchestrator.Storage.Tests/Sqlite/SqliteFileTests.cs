using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.Sqlite;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.Sqlite;

/// <summary>The file itself: who may have it, and what happens when it or its disk is not as it should be.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private static readonly ShardId Pods = new("pods");

    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-sqlite-").FullName;

    private string File => Path.Combine(_folder, "state.db");

    [Fact]
    public async Task Open_FileInUse_SaysSoInOneLine()
    {
        await using var first = await OpenAsync();

        var failure = await Should.ThrowAsync<StoreUnusableException>(() => OpenAsync());

        failure.Message.ShouldBe($"the database file {File} is in use by another process");
    }

    [Fact]
    public async Task Open_FileInUseByAnotherProcess_SaysSoInOneLine()
    {
        Assert.SkipUnless(System.IO.File.Exists("/usr/bin/flock"), "flock is not installed");
        await using (await OpenAsync())
        {
        }

        using var other = Process.Start(new ProcessStartInfo("flock", ["--exclusive", File + ".lock", "sh", "-c", "echo locked; read end"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        (await other.StandardOutput.ReadLineAsync(Cancellation)).ShouldBe("locked");

        var failure = await Should.ThrowAsync<StoreUnusableException>(() => OpenAsync());
        other.StandardInput.Close();
        await other.WaitForExitAsync(Cancellation);

        failure.Message.ShouldBe($"the database file {File} is in use by another process");
        await using (await OpenAsync())
        {
        }
    }

    [Fact]
    public async Task Open_AfterDispose_SucceedsAndMigratesOnce()
    {
        await using (await OpenAsync())
        {
        }

        await using var database = await OpenAsync();

        (await database.ReadAsync(
            connection => connection.Command("SELECT count(*) FROM schema_migrations").ExecuteScalar(), Cancellation)).ShouldBe(3L);
    }

    [Fact]
    public async Task Open_NewFile_IsDurableAndPrivate()
    {
        await using var database = await OpenAsync();

        (await PragmaAsync(database, "journal_mode")).ShouldBe("wal");
        (await PragmaAsync(database, "synchronous")).ShouldBe(2L);
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in Directory.GetFiles(_folder))
                System.IO.File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }
    }

    [Fact]
    public async Task Open_NotADatabase_SaysSoInOneLine()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 10_000), Cancellation);

        var failure = await Should.ThrowAsync<StoreUnusableException>(() => OpenAsync());

        failure.Message.ShouldBe($"the database file {File} is damaged or is not a database");
    }

    [Fact]
    public async Task Load_DamagedPages_IsUnavailableInOneLine()
    {
        await using (var database = await OpenAsync())
        {
            var log = new SqliteObjectLog(database, TimeProvider.System);
            var opening = await log.OpenAsync(Pods, Cancellation);
            await log.CommitAsync(Pods, opening.Epoch, Commit(0, [.. Enumerable.Range(1, 500).Select(i => Added(i, "ns", $"a{i}", new string('v', 500)))]), Cancellation);
        }

        // Everything after the schema's first pages.
        await using (var file = System.IO.File.OpenWrite(File))
        {
            file.Position = 16 * 4096;
            await file.WriteAsync(Enumerable.Repeat((byte)0x5A, (int)(file.Length - file.Position)).ToArray(), Cancellation);
        }

        await using var damaged = await OpenAsync();
        damaged.Damaged.IsCompleted.ShouldBeFalse();
        var failure = await Should.ThrowAsync<LogUnavailableException>(async () =>
            await new SqliteObjectLog(damaged, TimeProvider.System).LoadAsync(Pods, Cancellation).ToListAsync(Cancellation));
        failure.Message.ShouldBe($"the database file {File} is damaged or is not a database");
        (await damaged.Damaged).Message.ShouldBe(failure.Message);
    }

    [Fact]
    public async Task Open_FileOfANewerVersion_SaysSoInOneLine()
    {
        await (await OpenAsync()).DisposeAsync();
        await using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            await connection.OpenAsync(Cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO schema_migrations (ScriptName, Applied) VALUES ('sqlite/9999_later.sql', '2099-01-01')";
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        (await Should.ThrowAsync<StoreUnusableException>(() => OpenAsync())).Message
            .ShouldBe($"{File} has been written by a newer version of orchestrator (schema sqlite/9999_later.sql); use that version, or a newer one");
    }

    [Fact]
    public async Task Open_FolderCannotBeWritten_SaysSoInOneLine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a folder that nobody can write, such as /proc");

        var failure = await Should.ThrowAsync<StoreUnusableException>(() =>
            SqliteDatabase.OpenAsync("/proc/orchestrator/state.db", NullLogger.Instance, Cancellation));

        failure.Message.ShouldStartWith("the ");
        failure.Message.ShouldContain("/proc/orchestrator/state.db");
        failure.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Commit_DiskFull_IsUnavailableAndWorksAgainWithSpace()
    {
        await using var database = await OpenAsync();
        var log = new SqliteObjectLog(database, TimeProvider.System);
        var opening = await log.OpenAsync(Pods, Cancellation);
        await log.CommitAsync(Pods, opening.Epoch, Commit(0, Added(1, "ns", "a")), Cancellation);
        var large = Commit(1, Added(2, "ns", "large", new string('v', 1_000_000)));

        await database.WriteAsync(connection => connection.Command("PRAGMA max_page_count = 40").ExecuteScalar(), Cancellation);
        var failure = await Should.ThrowAsync<LogUnavailableException>(() => log.CommitAsync(Pods, opening.Epoch, large, Cancellation));
        failure.Message.ShouldBe($"the disk that holds {File} is full");
        (await log.ReadHeadAsync(Pods, opening.Epoch, Cancellation)).ShouldBe(1);

        await database.WriteAsync(connection => connection.Command("PRAGMA max_page_count = 1000000").ExecuteScalar(), Cancellation);
        await log.CommitAsync(Pods, opening.Epoch, large, Cancellation);
        (await log.LoadAsync(Pods, Cancellation).ToListAsync(Cancellation)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Commit_WhileALoadIsRead_DoesNotWaitForIt()
    {
        await using var database = await OpenAsync();
        var log = new SqliteObjectLog(database, TimeProvider.System);
        var opening = await log.OpenAsync(Pods, Cancellation);
        await log.CommitAsync(Pods, opening.Epoch, Commit(0, [.. Enumerable.Range(1, 1000).Select(i => Added(i, "ns", $"a{i:D4}"))]), Cancellation);

        List<LogObject> loaded = [];
        await foreach (var stored in log.LoadAsync(Pods, Cancellation))
        {
            loaded.Add(stored);
            if (loaded.Count == 10)
                await log.CommitAsync(Pods, opening.Epoch, Commit(1000, Deleted(1001, 900, "ns", "a0900")), Cancellation);
        }

        // The load goes on seeing the state that it began with.
        loaded.Count.ShouldBe(1000);
    }

    [Fact]
    public async Task Trim_OnlyOldChanges_KeepsTheYoung()
    {
        var time = new FakeTimeProvider();
        await using var database = await OpenAsync();
        var log = new SqliteObjectLog(database, time);
        var opening = await log.OpenAsync(Pods, Cancellation);
        await log.CommitAsync(Pods, opening.Epoch, Commit(0, Added(1, "ns", "a"), Added(2, "ns", "b")), Cancellation);
        time.Advance(TimeSpan.FromMinutes(10));
        await log.CommitAsync(Pods, opening.Epoch, Commit(2, Added(3, "ns", "c"), Added(4, "ns", "d")), Cancellation);

        (await log.TrimAsync(Pods, TimeSpan.FromMinutes(5), 0, Cancellation)).ShouldBe(2);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<object?> PragmaAsync(SqliteDatabase database, string name) =>
        database.WriteAsync(connection => connection.Command($"PRAGMA {name}").ExecuteScalar(), Cancellation);

    private Task<SqliteDatabase> OpenAsync() => SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation);
}
