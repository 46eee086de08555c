using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.Sqlite;
using OrleansOrchestrator.Testing;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.Sqlite;

/// <summary>A file on a disk that really is full, or that really cannot be written.</summary>
public sealed class SqliteDiskTests : IAsyncLifetime
{
    private static readonly ShardId Pods = new("pods");

    private SmallDisk? _disk;

    private string File => Path.Combine(_disk!.Folder, "state.db");

    public async ValueTask InitializeAsync() => _disk = await SmallDisk.TryMountAsync(megabytes: 16, Cancellation);

    public ValueTask DisposeAsync() => _disk?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Commit_WhileTheDiskIsFull_IsRefusedAndLosesNothing()
    {
        Assert.SkipWhen(_disk is null, "mounting a small disk is not allowed here");
        await using var database = await SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation);
        var log = new SqliteObjectLog(database, TimeProvider.System);
        var epoch = (await log.OpenAsync(Pods, Cancellation)).Epoch;
        await log.CommitAsync(Pods, epoch, Commit(0, Added(1, "ns", "a")), Cancellation);
        var large = Commit(1, Added(2, "ns", "large", new string('v', 1_000_000)));

        _disk.Fill();
        for (var i = 0; i < 5; i++)
        {
            var failure = await Should.ThrowAsync<LogUnavailableException>(() => log.CommitAsync(Pods, epoch, large, Cancellation));
            failure.Message.ShouldBe($"the disk that holds {File} is full");
        }

        (await log.LoadAsync(Pods, Cancellation).ToListAsync(Cancellation)).ShouldHaveSingleItem().Name.ShouldBe("a", "reads go on");

        _disk.Empty();
        await log.CommitAsync(Pods, epoch, large, Cancellation);
        (await log.LoadAsync(Pods, Cancellation).ToListAsync(Cancellation)).Select(stored => stored.Name).ShouldBe(["a", "large"]);
    }

    [Fact]
    public async Task Open_WhileTheDiskIsFull_SaysSoInOneLine()
    {
        Assert.SkipWhen(_disk is null, "mounting a small disk is not allowed here");
        await using (await SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation))
        {
        }

        _disk.Fill();
        var failure = await Should.ThrowAsync<StoreUnusableException>(() => SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation));
        failure.Message.ShouldBe($"the disk that holds {File} is full");

        _disk.Empty();
        await using (await SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation))
        {
        }
    }

    [Fact]
    public async Task Open_OnADiskThatCannotBeWritten_SaysSoInOneLine()
    {
        Assert.SkipWhen(_disk is null, "mounting a small disk is not allowed here");
        await using (await SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation))
        {
        }

        (await _disk.MakeReadOnlyAsync(true, Cancellation)).ShouldBeTrue();
        var failure = await Should.ThrowAsync<StoreUnusableException>(() => SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation));
        failure.Message.ShouldStartWith($"the database file {File} cannot be ");
        failure.Message.ShouldNotContain("\n");

        (await _disk.MakeReadOnlyAsync(false, Cancellation)).ShouldBeTrue();
        await using (await SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation))
        {
        }
    }

    [Fact]
    public async Task Commit_ToAConnectionThatMayOnlyRead_IsRefusedAndWorksAgain()
    {
        Assert.SkipWhen(_disk is null, "mounting a small disk is not allowed here");
        await using var database = await SqliteDatabase.OpenAsync(File, NullLogger.Instance, Cancellation);
        var log = new SqliteObjectLog(database, TimeProvider.System);
        var epoch = (await log.OpenAsync(Pods, Cancellation)).Epoch;

        await database.WriteAsync(connection => connection.Command("PRAGMA query_only = 1").ExecuteNonQuery(), Cancellation);
        var failure = await Should.ThrowAsync<LogUnavailableException>(
            () => log.CommitAsync(Pods, epoch, Commit(0, Added(1, "ns", "a")), Cancellation));
        failure.Message.ShouldBe($"the database file {File} cannot be written");

        await database.WriteAsync(connection => connection.Command("PRAGMA query_only = 0").ExecuteNonQuery(), Cancellation);
        await log.CommitAsync(Pods, epoch, Commit(0, Added(1, "ns", "a")), Cancellation);
    }
}
