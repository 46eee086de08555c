using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>Reads static pods from the files of a folder, or from one file, and again when a file changes.</summary>
/// <remarks>
/// Hidden files and folders are skipped, as by the kubelet. A file that cannot be used keeps the pod that it had before: its author hears of
/// the fault in the log, and the pod runs on. The kubelet would stop it.
/// </remarks>
/// <param name="path">The absolute path of the folder or file. It may be missing.</param>
/// <param name="period">How often everything is read again, for changes that nobody told of.</param>
/// <param name="nodeName">The node.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Receives faults.</param>
internal sealed partial class ManifestFolder(string path, TimeSpan period, string nodeName, TimeProvider timeProvider, ILogger logger) : IManifests
{
    // As the kubelet.
    private const int FileBytesMax = 10 * 1024 * 1024;

    // Whoever writes a file is usually done by then. What is read half-written is read again at the next change.
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(100);

    // Whoever writes all the time does not keep others from being read.
    private static readonly TimeSpan SettleTimeMax = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, StaticPod> _last = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _faults = new(StringComparer.Ordinal);
    private FileSystemWatcher? _watcher;
    private volatile bool _isChanged;
    private long? _changedSince;

    public bool IsOrigin(string origin) => origin == path || Path.GetDirectoryName(origin) == path;

    public async Task RunAsync(IReadOnlyCollection<StaticPod> read, Action<IReadOnlyCollection<StaticPod>> found, CancellationToken cancellationToken)
    {
        foreach (var pod in read)
            _last[pod.Origin] = pod;
        SupervisedLoop? loop = null;
        loop = new SupervisedLoop("manifest folder", _ => Task.FromResult(Read(found, () => loop!.Signal())), timeProvider, logger);
        await using (loop)
            await loop.RunAsync(cancellationToken);
        _watcher?.Dispose();
    }

    private TimeSpan? Read(Action<IReadOnlyCollection<StaticPod>> found, Action changed)
    {
        if (_isChanged && timeProvider.GetElapsedTime(_changedSince ??= timeProvider.GetTimestamp()) < SettleTimeMax)
        {
            _isChanged = false;
            return SettleTime;
        }

        _changedSince = null;

        // First the watch: what changes while the files are read is read once more.
        Watch(changed);
        var files = Files();
        foreach (var gone in _last.Keys.Concat(_faults.Keys).Except(files, StringComparer.Ordinal).ToList())
        {
            _last.Remove(gone);
            _faults.Remove(gone);
        }

        foreach (var file in files)
            Read(file);
        found([.. files.Select(file => _last.GetValueOrDefault(file)).OfType<StaticPod>()]);
        return period;
    }

    private List<string> Files()
    {
        IEnumerable<string> files = Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path).Where(file => !IsHidden(file)) : [path];

        // Pipes and devices would hold up whoever reads them.
        return [.. files.Where(file => FileCalls.KindOf(file) == FileKind.File).Order(StringComparer.Ordinal)];
    }

    private void Read(string file)
    {
        try
        {
            _last[file] = PodManifest.ReadFile(Content(file), file, nodeName);
            if (_faults.Remove(file))
                LogGood(file);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            if (_faults.GetValueOrDefault(file) != exception.Message)
                LogBad(file, exception.Message, _last.ContainsKey(file) ? "its pod runs on as it was" : "it has no pod");
            _faults[file] = exception.Message;
        }
    }

    private static byte[] Content(string file)
    {
        using var stream = File.OpenRead(file);
        if (stream.Length > FileBytesMax)
            throw new FormatException($"it has more than {FileBytesMax} bytes");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static bool IsHidden(string? file) => Path.GetFileName(file)?.StartsWith('.') is true;

    private void Watch(Action changed)
    {
        var folder = File.Exists(path) ? Path.GetDirectoryName(path)! : path;
        if (_watcher is { EnableRaisingEvents: true } || !Directory.Exists(folder))
            return;
        _watcher?.Dispose();
        _watcher = new FileSystemWatcher(folder);
        _watcher.Changed += (_, change) => Note(change, changed);
        _watcher.Created += (_, change) => Note(change, changed);
        _watcher.Deleted += (_, change) => Note(change, changed);
        _watcher.Renamed += (_, _) => Note(null, changed);

        // The folder is gone, or changes were lost: the next look watches anew.
        _watcher.Error += (watcher, _) =>
        {
            ((FileSystemWatcher)watcher).EnableRaisingEvents = false;
            Note(null, changed);
        };
        _watcher.EnableRaisingEvents = true;
    }

    private void Note(FileSystemEventArgs? change, Action changed)
    {
        if (IsHidden(change?.Name))
            return;
        _isChanged = true;
        changed();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The static pod manifest {File} cannot be used: {Reason}; {Consequence}")]
    private partial void LogBad(string file, string reason, string consequence);

    [LoggerMessage(Level = LogLevel.Information, Message = "The static pod manifest {File} can be used again")]
    private partial void LogGood(string file);
}
