using CsCheck;
using OrleansOrchestrator.Storage.Log;
using static OrleansOrchestrator.Storage.Tests.Contract.LogSamples;

namespace OrleansOrchestrator.Storage.Tests.Contract;

/// <summary>Random batches, reopenings and trims against a model in memory; a failure prints the seed that repeats it.</summary>
public abstract class ModelContract
{
    private static readonly Gen<Step> Steps = Gen.Frequency(
        (10, Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Byte.Array[0, 40]).Array[1, 12].Select(Step (edits) => new Write(edits))),
        (1, Gen.Int[1, 20].Select(Step (count) => new Reserve(count))),
        (1, Gen.Const<Step>(new Reopen())),
        (1, Gen.Int[0, 10].Select(Step (count) => new Trim(count))),
        (1, Gen.Const<Step>(new ReadHead())));

    protected abstract Task<TestStore> CreateStoreAsync();

    [Fact]
    public async Task Store_RandomSteps_MatchesTheModel() => await Steps.Array[1, 25].SampleAsync(
        async steps =>
        {
            await using var store = await CreateStoreAsync();
            var model = new Model(store);
            await model.OpenAsync();
            foreach (var step in steps)
                await model.ApplyAsync(step);

            await model.ShouldMatchAsync();
            await store.ReopenAsync();
            await model.OpenAsync();
            await model.ShouldMatchAsync();
        },
        iter: 25,
        threads: 1);

    private abstract record Step;

    private sealed record Write((int Name, int Namespace, byte[] Value)[] Edits) : Step;

    private sealed record Reserve(int Count) : Step;

    private sealed record Reopen : Step;

    private sealed record Trim(int KeepCount) : Step;

    private sealed record ReadHead : Step;

    private sealed class Model(TestStore store)
    {
        private readonly SortedDictionary<string, LogObject> _objects = new(StringComparer.Ordinal);
        private readonly List<LogChange> _history = [];
        private long _epoch;
        private long _head;
        private long _compacted;

        public async Task OpenAsync()
        {
            var opening = await store.Log.OpenAsync(store.Shard, Cancellation);
            opening.Epoch.ShouldBeGreaterThan(_epoch);
            opening.HeadRevision.ShouldBe(_head);
            opening.CompactedRevision.ShouldBe(_compacted);
            _epoch = opening.Epoch;
        }

        public async Task ApplyAsync(Step step)
        {
            switch (step)
            {
                case Write write:
                    var changes = write.Edits.Select(edit => Change($"ns{edit.Namespace}", $"a{edit.Name}", edit.Value)).ToArray();
                    await store.CommitAsync(_epoch, new LogCommit(_head, changes[^1].Revision, changes, Lease));
                    _head = changes[^1].Revision;
                    break;
                case Reserve reserve:
                    await store.CommitAsync(_epoch, new LogCommit(_head, _head + reserve.Count, [], Lease));
                    _head += reserve.Count;
                    break;
                case Trim trim:
                    _compacted = Math.Max(_compacted, _history.LastOrDefault(change => change.Revision < _head - trim.KeepCount)?.Revision ?? 0);
                    (await store.Log.TrimAsync(store.Shard, TimeSpan.Zero, trim.KeepCount, Cancellation)).ShouldBe(_compacted);
                    break;
                case Reopen:
                    await store.ReopenAsync();
                    await OpenAsync();
                    break;
                default:
                    (await store.Log.ReadHeadAsync(store.Shard, _epoch, Cancellation)).ShouldBe(_head);
                    break;
            }
        }

        public async Task ShouldMatchAsync()
        {
            (await store.LoadAsync()).Select(Describe).ShouldBe(_objects.Values.Select(Describe));
            (await store.ChangesAsync(_compacted)).Select(Describe)
                .ShouldBe(_history.Where(change => change.Revision > _compacted).Select(Describe));
        }

        /// <summary>An even first byte deletes an object that exists; everything else adds or modifies.</summary>
        private LogWrite Change(string @namespace, string name, byte[] value)
        {
            var key = $"{@namespace}/{name}";
            var revision = Math.Max(_head, _history.LastOrDefault()?.Revision ?? 0) + 1;
            var existing = _objects.GetValueOrDefault(key);
            var change = existing is null ? new LogWrite(revision, LogChangeType.Added, @namespace, name, value, 0)
                : value is [var first, ..] && first % 2 == 0 ? new LogWrite(revision, LogChangeType.Deleted, @namespace, name, existing.Value, existing.Revision)
                : new LogWrite(revision, LogChangeType.Modified, @namespace, name, value, existing.Revision);
            _history.Add(new LogChange(revision, change.Type, @namespace, name, change.Value, existing?.Value));
            if (change.Type == LogChangeType.Deleted)
                _objects.Remove(key);
            else
                _objects[key] = new LogObject(@namespace, name, revision, value);
            return change;
        }
    }
}
