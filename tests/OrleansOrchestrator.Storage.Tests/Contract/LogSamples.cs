using System.Text;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.Storage.Tests.Contract;

/// <summary>Short forms for changes, commits, and what was stored.</summary>
internal static class LogSamples
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(8);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public static LogWrite Added(long revision, string @namespace, string name, string? value = null) =>
        new(revision, LogChangeType.Added, @namespace, name, Bytes(value ?? $"{@namespace}/{name}@{revision}"), 0);

    public static LogWrite Modified(long revision, long previous, string @namespace, string name, string? value = null) =>
        new(revision, LogChangeType.Modified, @namespace, name, Bytes(value ?? $"{@namespace}/{name}@{revision}"), previous);

    public static LogWrite Deleted(long revision, long previous, string @namespace, string name, string? value = null) =>
        new(revision, LogChangeType.Deleted, @namespace, name, Bytes(value ?? $"{@namespace}/{name}@{revision}"), previous);

    public static LogCommit Commit(long headBefore, params LogWrite[] changes) =>
        new(headBefore, changes.Length == 0 ? headBefore : changes[^1].Revision, changes, Lease);

    public static async Task<long> OpenAsync(this TestStore store) =>
        (await store.Log.OpenAsync(store.Shard, Cancellation)).Epoch;

    public static Task CommitAsync(this TestStore store, long epoch, LogCommit commit) =>
        store.Log.CommitAsync(store.Shard, epoch, commit, Cancellation);

    /// <summary>Opens an empty shard and creates objects with the revisions 1 to <paramref name="count"/> in one commit.</summary>
    public static async Task FillAsync(this TestStore store, int count)
    {
        var epoch = await store.OpenAsync();
        await store.CommitAsync(epoch, Commit(0, [.. Enumerable.Range(1, count).Select(i => Added(i, "ns", $"object-{i}"))]));
    }

    public static async Task<IReadOnlyList<LogObject>> LoadAsync(this TestStore store) =>
        [.. (await store.Log.LoadAsync(store.Shard, Cancellation).ToListAsync(Cancellation))
            .OrderBy(stored => stored.Namespace, StringComparer.Ordinal).ThenBy(stored => stored.Name, StringComparer.Ordinal)];

    public static Task<IReadOnlyList<LogChange>> ChangesAsync(this TestStore store, long after = 0, int limit = 100_000, long bytesMax = long.MaxValue) =>
        store.Log.ReadChangesAsync(store.Shard, after, limit, bytesMax, Cancellation);

    public static string Describe(LogObject stored) =>
        $"{stored.Namespace}/{stored.Name}@{stored.Revision}={Text(stored.Value)}";

    public static string Describe(LogChange change) =>
        $"{change.Revision} {change.Type} {change.Namespace}/{change.Name}={Text(change.Value)}"
        + (change.Previous is { } previous ? $" was {Text(previous)}" : "");
}
