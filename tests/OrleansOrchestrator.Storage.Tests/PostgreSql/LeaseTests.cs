using CsCheck;
using Npgsql;
using OrleansOrchestrator.Storage.Log;
using OrleansOrchestrator.Storage.PostgreSql;
using OrleansOrchestrator.Storage.Tests.Contract;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.PostgreSql;

/// <summary>Read leases: a new owner learns for how long the one before it may still answer, whatever the database's clock says.</summary>
public sealed class LeaseTests(PostgreSqlFixture fixture)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Open_AfterAnOwnerWithALease_TellsItsWholeDuration()
    {
        await using var store = CreateStore();
        await GrantAsync(store, Long);
        (await OpenAsync(store)).PreviousLease.ShouldBe(Long);
    }

    [Fact]
    public async Task Open_AgainAndAgain_GrantsNothingAndAddsNothing()
    {
        await using var store = CreateStore();
        await GrantAsync(store, Short);
        for (var i = 0; i < 5; i++)
            (await OpenAsync(store)).PreviousLease.ShouldBe(Short);
    }

    [Fact]
    public async Task Open_OfAShardThatNobodyHad_NeedNotWait()
    {
        await using var store = CreateStore();
        (await OpenAsync(store)).PreviousLease.ShouldBe(TimeSpan.Zero);
        (await OpenAsync(store)).PreviousLease.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Open_AfterRelease_NeedNotWait()
    {
        await using var store = CreateStore();
        var epoch = await GrantAsync(store, Long);
        await store.Log.ReleaseAsync(store.Shard, epoch, Cancellation);

        (await OpenAsync(store)).PreviousLease.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Release_ByAnOwnerThatStillWaits_KeepsTheLeaseBeforeIt()
    {
        await using var store = CreateStore();
        await GrantAsync(store, Long);
        var second = await OpenAsync(store);
        await store.Log.ReleaseAsync(store.Shard, second.Epoch, Cancellation);

        // The first owner was never told to stop, so its lease still counts.
        (await OpenAsync(store)).PreviousLease.ShouldBe(Long);
    }

    [Fact]
    public async Task Release_ByAFencedOwner_DoesNotEndTheNewLease()
    {
        await using var store = CreateStore();
        var stale = await OpenAsync(store);
        await GrantAsync(store, Long);
        await store.Log.ReleaseAsync(store.Shard, stale.Epoch, Cancellation);

        (await OpenAsync(store)).PreviousLease.ShouldBe(Long);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lease_GrantedByCommitOrRenewal_TakesThePlaceOfTheOneBefore(bool commit)
    {
        await using var store = CreateStore();
        await GrantAsync(store, Long);
        var epoch = (await OpenAsync(store)).Epoch;
        if (commit)
            await store.CommitAsync(epoch, new LogCommit(0, 1, [], Short));
        else
            await store.Log.RenewLeaseAsync(store.Shard, epoch, Short, Cancellation);

        (await OpenAsync(store)).PreviousLease.ShouldBe(Short);
    }

    [Fact]
    public async Task Renew_Shorter_DoesNotShortenTheLease()
    {
        await using var store = CreateStore();
        var epoch = await GrantAsync(store, Long);
        await store.Log.RenewLeaseAsync(store.Shard, epoch, Short, Cancellation);
        await store.CommitAsync(epoch, new LogCommit(0, 1, [], Short));

        (await OpenAsync(store)).PreviousLease.ShouldBe(Long);
    }

    [Theory]
    [InlineData(-10)]
    [InlineData(10)]
    public async Task Open_AfterTheDatabasesClockWasStepped_WaitsForTheLeasesDurationNeitherMoreNorLess(int minutes)
    {
        PostgreSqlFixture.RequireServer();
        await using var clock = await SteppedClock.StartAsync(fixture.ConnectionString, Cancellation);
        await using var store = new PostgreSqlTestStore(clock.Connections);
        var epoch = await GrantAsync(store, Short);
        await store.CommitAsync(epoch, Commit(0, Added(1, "ns", "a")) with { LeaseDuration = Short });

        await clock.StepAsync(TimeSpan.FromMinutes(minutes), Cancellation);

        (await OpenAsync(store)).PreviousLease.ShouldBe(Short);
    }

    /// <summary>Owners come and go as they like, their messages take any time on their way, and the database's clock is stepped: when an
    /// owner may serve, none before it still does (invariant I3).</summary>
    [Fact]
    public async Task Owners_WithSteppedClocksAndSlowMessages_NeverServeAtOnce()
    {
        PostgreSqlFixture.RequireServer();
        await using var clock = await SteppedClock.StartAsync(fixture.ConnectionString, Cancellation);
        await Gen.Select(Gen.Int[0, 9], Gen.Int[0, 700], Gen.Int[0, 700], Gen.Int[0, 2000], Gen.Int[-600, 600]).Array[1, 25].SampleAsync(
            async steps =>
            {
                await using var store = new PostgreSqlTestStore(clock.Connections);

                // Milliseconds of a true time that nobody sees. An owner knows how long ago it did something, and no more.
                var now = 0L;
                var owners = new List<Owner>();
                foreach (var (what, under, back, pause, shift) in steps)
                {
                    now += pause;
                    var sent = now;
                    now += under;
                    var owner = owners.Count > 0 ? owners[pause % owners.Count] : null;
                    switch (owner is null ? 2 : what)
                    {
                        case <= 1:
                            await clock.StepAsync(TimeSpan.FromSeconds(shift), Cancellation);
                            break;
                        case <= 4:
                            var opening = await OpenAsync(store);
                            owners.Add(new Owner(opening.Epoch, now + back + (long)opening.PreviousLease.TotalMilliseconds));
                            break;
                        case 9 when sent >= owner!.MayServeFrom:
                            owner.ServesUntil = Math.Min(owner.ServesUntil, sent);
                            await store.Log.ReleaseAsync(store.Shard, owner.Epoch, Cancellation);
                            break;
                        default:
                            if (sent >= owner!.MayServeFrom && await TryRenewAsync(store, owner.Epoch))
                                owner.ServesUntil = Math.Max(owner.ServesUntil, sent + (long)Short.TotalMilliseconds);
                            break;
                    }
                }

                for (var i = 0; i < owners.Count; i++)
                {
                    foreach (var earlier in owners[..i])
                        earlier.ServesUntil.ShouldBeLessThanOrEqualTo(owners[i].MayServeFrom);
                }
            },
            iter: 60,
            threads: 1);
    }

    private static async Task<bool> TryRenewAsync(PostgreSqlTestStore store, long epoch)
    {
        try
        {
            await store.Log.RenewLeaseAsync(store.Shard, epoch, Short, Cancellation);
            return true;
        }
        catch (FencedException)
        {
            return false;
        }
    }

    private static Task<ShardOpening> OpenAsync(PostgreSqlTestStore store) => store.Log.OpenAsync(store.Shard, Cancellation);

    private static async Task<long> GrantAsync(PostgreSqlTestStore store, TimeSpan lease)
    {
        var epoch = (await OpenAsync(store)).Epoch;
        await store.Log.RenewLeaseAsync(store.Shard, epoch, lease, Cancellation);
        return epoch;
    }

    private PostgreSqlTestStore CreateStore()
    {
        PostgreSqlFixture.RequireServer();
        return new PostgreSqlTestStore(fixture.Connections);
    }

    private sealed class Owner(long epoch, long mayServeFrom)
    {
        public long Epoch => epoch;

        public long MayServeFrom => mayServeFrom;

        public long ServesUntil { get; set; }
    }

    /// <summary>Connections that see another clock: the database's own, moved by what a table says.</summary>
    private sealed class SteppedClock(NpgsqlDataSource plain, PostgreSqlConnections connections) : IAsyncDisposable
    {
        private const string Define = """
            CREATE SCHEMA IF NOT EXISTS stepped;
            CREATE TABLE IF NOT EXISTS stepped.shift (by interval NOT NULL);
            DELETE FROM stepped.shift;
            INSERT INTO stepped.shift VALUES ('0');
            CREATE OR REPLACE FUNCTION stepped.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
                'SELECT pg_catalog.clock_timestamp() + by FROM stepped.shift';
            CREATE OR REPLACE FUNCTION stepped.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
                'SELECT pg_catalog.now() + by FROM stepped.shift';
            """;

        public PostgreSqlConnections Connections => connections;

        public static async Task<SteppedClock> StartAsync(string connectionString, CancellationToken cancellationToken)
        {
            var plain = NpgsqlDataSource.Create(connectionString);
            await using (var define = plain.CreateCommand(Define))
                await define.ExecuteNonQueryAsync(cancellationToken);
            return new SteppedClock(plain, PostgreSqlConnections.Create(
                connectionString + ";Search Path=stepped,pg_catalog,public", new PostgreSqlOptions()));
        }

        public async Task StepAsync(TimeSpan by, CancellationToken cancellationToken)
        {
            await using var step = plain.CreateCommand("UPDATE stepped.shift SET by = by + $1");
            step.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = by });
            await step.ExecuteNonQueryAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await connections.DisposeAsync();
            await plain.DisposeAsync();
        }
    }
}
