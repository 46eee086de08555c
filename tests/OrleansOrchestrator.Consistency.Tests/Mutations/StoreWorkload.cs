using System.Diagnostics;
using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Consistency.Tests.Histories;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Consistency.Tests.Mutations;

/// <summary>Concurrent clients and watches in this process, on ConfigMaps of the default namespace, over a log in memory.</summary>
internal sealed class StoreWorkload(IReadOnlyList<TestSilo> silos, ScriptedLog log, int seed)
{
    private const string Space = "default";
    private const int ClientsPerSilo = 4;
    private static readonly TimeSpan ReadPause = TimeSpan.FromMilliseconds(5);

    private static readonly ResourceDefinition Maps = BuiltInKinds.Registry[WellKnownResources.ConfigMaps];
    private static readonly string[] Keys = ["a", "b", "c"];
    private static readonly ShardId Shard = new(WellKnownResources.ConfigMaps.ToString());

    private readonly Recorder _recorder = new();
    private int _writes;
    private int _writing;

    /// <summary>The silos whose clients only read.</summary>
    public IReadOnlyList<TestSilo> ReadOnly { get; init; } = [];

    /// <summary>How long the watches may take to see the end of the log.</summary>
    public TimeSpan DrainsWithin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How many operations each client does.</summary>
    public int OperationsEach { get; init; } = 60;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Runs to its end and gathers the history.</summary>
    /// <param name="heal">Ends the faults, before the final state is read.</param>
    public async Task<History> RunAsync(Func<Task> heal)
    {
        var after = log.HeadOf(Shard.Resource);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var streams = silos.Select((_, i) => new WatchStream($"silo {i}", after)).ToList();
        var watching = silos.Select((silo, i) => WatchAsync(silo, streams[i], stop.Token)).ToList();
        _writing = silos.Except(ReadOnly).Count() * ClientsPerSilo;
        await Task.WhenAll(silos.SelectMany((silo, s) => Enumerable.Range(0, ClientsPerSilo).Select(
            c => Task.Run(() => ClientAsync(silo, (s * ClientsPerSilo) + c + 1), Cancelled))));
        await heal();
        var final = await ReadFinalAsync();
        var changes = (await log.ReadChangesAsync(Shard, after, int.MaxValue, long.MaxValue, Cancelled)).Where(change => change.Namespace == Space && IsOurs(change.Name)).Select(ReadChange).ToList();
        var isDrained = await DrainAsync(streams, changes.Count > 0 ? changes[^1].Revision : after);
        await stop.CancelAsync();
        await Task.WhenAll(watching);
        return new History
        {
            Operations = _recorder.Operations(),
            Listings = _recorder.Listings(),
            Watches = streams,
            Log = changes,
            Final = final,
            IsDrained = isDrained,
        };
    }

    private async Task ClientAsync(TestSilo silo, int number)
    {
        var random = new Random(seed + number);
        var known = new Dictionary<string, long>();
        var reads = ReadOnly.Contains(silo);
        for (var i = 0; reads ? Volatile.Read(ref _writing) > 0 : i < OperationsEach; i++)
        {
            var key = Keys[random.Next(Keys.Length)];
            var choice = reads ? random.Next(40) : random.Next(100);
            var done = choice switch
            {
                < 10 => await ListAsync(silo, number),
                < 40 => await DoAsync(silo, number, OperationKind.Get, key, 0),
                < 60 => await DoAsync(silo, number, OperationKind.Patch, key, 0),
                < 80 when known.TryGetValue(key, out var revision) => await DoAsync(silo, number, OperationKind.Replace, key, revision),
                < 93 => await DoAsync(silo, number, OperationKind.Create, key, 0),
                _ => await DoAsync(silo, number, OperationKind.Delete, key, 0),
            };
            if (done?.Shown is { } version)
                known[key] = version.Revision;

            // Who only reads is there for as long as the others write, and leaves them the processor.
            if (reads)
                await Task.Delay(ReadPause, TimeProvider.System, Cancelled);
        }

        if (!reads)
            Interlocked.Decrement(ref _writing);
    }

    private async Task<Operation?> DoAsync(TestSilo silo, int client, OperationKind kind, string key, long expected)
    {
        var value = kind is OperationKind.Get or OperationKind.Delete ? null : $"w{Interlocked.Increment(ref _writes)}";
        var invoked = Stopwatch.GetTimestamp();
        var (outcome, result, detail) = await AnswerAsync(silo.Api, kind, key, value, expected);
        var operation = new Operation(client, kind, key, invoked, Stopwatch.GetTimestamp(), outcome)
        {
            Written = value,
            Expected = expected,
            Shown = result,
            Detail = detail,
        };
        _recorder.Add(operation);
        return operation;
    }

    private static async Task<(Outcome Outcome, Version? Result, string? Detail)> AnswerAsync(
        ApiUser api, OperationKind kind, string key, string? value, long expected)
    {
        try
        {
            switch (kind)
            {
                case OperationKind.Create:
                    return (Outcome.Ok, VersionOf(await api.CreateAsync(Map(key, value!))), null);
                case OperationKind.Replace:
                    var map = Map(key, value!);
                    map.Metadata.ResourceVersion = expected.ToString(CultureInfo.InvariantCulture);
                    return (Outcome.Ok, VersionOf(await api.UpdateAsync(map)), null);
                case OperationKind.Patch:
                    var patched = await api.PatchAsync<V1ConfigMap>(Space, key, PatchType.MergePatch, $$$"""{"data":{"value":"{{{value}}}"}}""");
                    return (Outcome.Ok, VersionOf(patched), null);
                case OperationKind.Delete:
                    await api.DeleteAsync<V1ConfigMap>(Space, key);
                    return (Outcome.Ok, null, null);
                default:
                    return (Outcome.Ok, VersionOf(await api.GetAsync<V1ConfigMap>(Space, key)), null);
            }
        }
        catch (ApiException refused)
        {
            return (OutcomeOf(kind, refused), null, refused.Message);
        }
    }

    private static Outcome OutcomeOf(OperationKind kind, ApiException refused) => (refused.Code, refused.Status.Reason) switch
    {
        (404, _) => Outcome.Absent,
        (409, "AlreadyExists") => Outcome.Exists,
        (409, _) => kind == OperationKind.Replace ? Outcome.Conflict : Outcome.Refused,
        (429 or 503, _) => Outcome.Refused,
        (504, _) => Outcome.Unknown,
        _ => throw refused,
    };

    private async Task<Operation?> ListAsync(TestSilo silo, int client)
    {
        var invoked = Stopwatch.GetTimestamp();
        try
        {
            var page = await silo.Api.Objects.ListAsync(Maps, new ListQuery(ObjectFilter.InNamespace(Space), Freshness.Latest), Cancelled);
            var items = page.Objects.Where(obj => IsOurs(obj.Key.Name)).ToDictionary(obj => obj.Key.Name, obj => VersionOf(obj.SharedModel<V1ConfigMap>()), StringComparer.Ordinal);
            _recorder.Add(new Listing(client, invoked, Stopwatch.GetTimestamp(), page.Revision, items));
        }
        catch (ApiException refused) when (refused.Code is 503 or 504)
        {
            // A read that was not served says nothing.
        }

        return null;
    }

    private async Task<IReadOnlyDictionary<string, Version>> ReadFinalAsync()
    {
        while (true)
        {
            try
            {
                var maps = await silos[0].Api.ListAsync<V1ConfigMap>(Space);
                return maps.Where(map => IsOurs(map.Metadata.Name)).ToDictionary(map => map.Metadata.Name, VersionOf, StringComparer.Ordinal);
            }
            catch (ApiException unavailable) when (unavailable.Code is 503 or 504)
            {
                // The faults have ended; the next answer comes.
            }
        }
    }

    private static async Task WatchAsync(TestSilo silo, WatchStream stream, CancellationToken stop)
    {
        for (; !stop.IsCancellationRequested && !stream.HasExpired; stream.Resumptions++)
        {
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
            pause.CancelAfter(TimeSpan.FromMilliseconds(300));
            try
            {
                var query = new WatchQuery(ObjectFilter.InNamespace(Space), stream.CompleteUpTo, Freshness.Any);
                await foreach (var events in silo.Api.Objects.WatchAsync(Maps, query, pause.Token))
                {
                    foreach (var @event in events)
                        Take(stream, @event);
                }
            }
            catch (OperationCanceledException)
            {
                // It breaks off now and then, and resumes where it was.
            }
            catch (ApiException ended)
            {
                stream.HasExpired = ended.Code == 410;
            }
        }
    }

    private static void Take(WatchStream stream, WatchEvent @event)
    {
        lock (stream)
        {
            if (@event.Object is { } obj && IsOurs(obj.Key.Name))
                stream.Changes.Add(new Change(obj.Revision, TypeOf(@event.Type), obj.Key.Name, VersionOf(obj.SharedModel<V1ConfigMap>()).Value));
            stream.CompleteUpTo = Math.Max(stream.CompleteUpTo, @event.Revision);
        }
    }

    private static ChangeType TypeOf(WatchEventType type) => type switch
    {
        WatchEventType.Added => ChangeType.Added,
        WatchEventType.Modified => ChangeType.Modified,
        _ => ChangeType.Deleted,
    };

    /// <summary>Waits until the watches have seen the end of the log; a broken store may never let them.</summary>
    private async Task<bool> DrainAsync(List<WatchStream> streams, long revision)
    {
        var started = Stopwatch.GetTimestamp();
        while (!streams.TrueForAll(stream => stream.HasExpired || stream.CompleteUpTo >= revision))
        {
            if (Stopwatch.GetElapsedTime(started) > DrainsWithin)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancelled);
        }

        return true;
    }

    /// <summary>Whether an object is one of the workload's, rather than one that every namespace gets.</summary>
    private static bool IsOurs(string name) => Keys.Contains(name, StringComparer.Ordinal);

    private static Change ReadChange(LogChange change)
    {
        var map = (V1ConfigMap)Maps.Decode(change.Value.Span);
        return new Change(change.Revision, (ChangeType)((int)change.Type - 1), change.Name, map.Data["value"]);
    }

    private static V1ConfigMap Map(string key, string value) => new()
    {
        Metadata = new V1ObjectMeta { Name = key, NamespaceProperty = Space },
        Data = new Dictionary<string, string> { ["value"] = value },
    };

    private static Version VersionOf(V1ConfigMap map) =>
        new(long.Parse(map.Metadata.ResourceVersion, CultureInfo.InvariantCulture), map.Data["value"]);
}
