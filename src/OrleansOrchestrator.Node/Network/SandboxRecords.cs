using System.Collections.Concurrent;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Network;

/// <summary>Which sandboxes are attached to which networks, in a folder of their own so that the next daemon knows it too.</summary>
internal sealed class SandboxRecords
{
    private const string Ending = ".json";

    private readonly string _folder;
    private readonly ConcurrentDictionary<string, SandboxRecord> _records = new(StringComparer.Ordinal);

    /// <summary>Reads what an earlier daemon has left.</summary>
    /// <param name="folder">The folder of the records.</param>
    public SandboxRecords(string folder)
    {
        _folder = folder;
        if (!Directory.Exists(folder))
            return;
        foreach (var file in Directory.EnumerateFiles(folder, $"*{Ending}"))
        {
            // What cannot be read was being written when the machine stopped, before anything was attached.
            if (SandboxRecord.TryRead(File.ReadAllText(file)) is { } record && record.Attachment.SandboxId == Path.GetFileNameWithoutExtension(file))
                _records[record.Attachment.SandboxId] = record;
            else
                new StateFile(file).Delete();
        }
    }

    /// <summary>All records.</summary>
    public IReadOnlyCollection<SandboxRecord> All => [.. _records.Values];

    /// <summary>The record of a sandbox; null if there is none.</summary>
    public SandboxRecord? Find(string sandboxId) => _records.GetValueOrDefault(sandboxId);

    /// <summary>Keeps a record, in place of the sandbox's former one.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public void Keep(SandboxRecord record)
    {
        Directory.CreateDirectory(_folder);
        FileOf(record.Attachment.SandboxId).Write(record.Write());
        _records[record.Attachment.SandboxId] = record;
    }

    /// <summary>Forgets a sandbox.</summary>
    public void Remove(string sandboxId)
    {
        _records.TryRemove(sandboxId, out _);
        FileOf(sandboxId).Delete();
    }

    private StateFile FileOf(string sandboxId) => new(Path.Combine(_folder, sandboxId + Ending));
}
