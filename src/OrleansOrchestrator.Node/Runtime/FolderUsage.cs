using System.Text;
using Microsoft.Win32.SafeHandles;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Measures what a folder with everything in it takes on its disk, by open directories: follows no links, and misses nothing
/// that hides behind a path that is too long, or behind a folder that cannot be opened.</summary>
internal static class FolderUsage
{
    // The files with several names that are told apart; each name of further ones counts.
    private const int LinkedMax = 100_000;

    /// <summary>The usage of a folder; nothing if there is none.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="isMeasured">Which entries directly in the folder count; null for all.</param>
    /// <param name="cancellationToken">Ends the measurement: what is found until then counts.</param>
    public static StorageUsage Of(string path, Func<string, bool>? isMeasured, CancellationToken cancellationToken)
    {
        using var top = FileCalls.Open(path, FileCalls.PathOnly);
        if (top.IsInvalid || FileCalls.StateOf(top) is not { Kind: FileKind.Directory } state)
            return default;
        var sum = isMeasured is null ? new StorageUsage(state.AllocatedBytes, 1) : default;
        var linked = new HashSet<FileId>();
        try
        {
            FolderWalk.Visit(top, Add, cancellationToken, static error => error is Errno.AccessDenied or Errno.NotPermitted or Errno.InputOutput);
        }
        catch (Exception exception) when (exception is IOException || (exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            // At least that much.
        }

        return sum;

        bool Add(SafeFileHandle directory, byte[] name)
        {
            if (FileCalls.StateOf(directory, name) is not { } entry)
                return false;
            if (isMeasured is not null && FileCalls.StateOf(directory).Id == state.Id && !isMeasured(Encoding.UTF8.GetString(name.AsSpan(..^1))))
                return false;
            var isFolder = entry.Kind == FileKind.Directory;
            if (isFolder || entry.Names < 2 || linked.Count >= LinkedMax || linked.Add(entry.Id))
                sum += new StorageUsage(entry.AllocatedBytes, 1);
            return isFolder;
        }
    }
}
