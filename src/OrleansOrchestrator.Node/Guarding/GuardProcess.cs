using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Guarding;

/// <summary>
/// The guard of a data folder: two processes. The daemon starts them when they are needed, adopts those of an earlier daemon, and
/// restarts them when they are gone.
/// </summary>
internal sealed partial class GuardProcess
{
    private const string ScriptName = "guard.sh";
    private const string FeedName = "feed";
    private const string DataName = "data";

    // The files with the ids of the two processes.
    private const string First = "pid";
    private const string Second = "second";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // In memory where possible: a full disk must not keep deadlines from moving, and a boot must remove them.
    private const string Root = "/run/orchestrator";

    // How long a new guard may take to write its process id before another one is started.
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(1);
    // A busy machine may need longer than StartTime for one, but not for several.
    private const int StartsMax = 5;
    // How long the stop of a node waits for its guards.
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(2);
    // How often the end of the guards is checked: killed processes end within milliseconds.
    private static readonly TimeSpan EndInterval = TimeSpan.FromMilliseconds(5);

    // A new folder may not have its files yet: only older folders count as leftovers.
    private static readonly TimeSpan MakingTime = TimeSpan.FromMinutes(1);

    private readonly string _dataDirectory;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private long? _started;
    private bool _wasSeen;
    private int _startsUnseen;

    // Why the guard does not run, as its last start showed.
    private string? _fault;

    public GuardProcess(string dataDirectory, TimeProvider timeProvider, ILogger logger)
    {
        _dataDirectory = Path.GetFullPath(dataDirectory);
        _timeProvider = timeProvider;
        _logger = logger;
        Folder = IsInMemory
            ? $"{Root}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_dataDirectory)).AsSpan(0, 8))}"
            : Path.Combine(_dataDirectory, "guard");
    }

    /// <summary>The folder with the guard's files.</summary>
    public string Folder { get; }

    private static bool IsInMemory => System.Environment.IsPrivilegedProcess && Directory.Exists("/run");

    private string ScriptPath => Path.Combine(Folder, ScriptName);

    private string FeedPath => Path.Combine(Folder, FeedName);

    /// <summary>Writes the guard's feed.</summary>
    public void Write(string feed)
    {
        Prepare();
        WholeFile.Write(FeedPath, feed);
    }

    /// <summary>The last feed, by this daemon or an earlier one.</summary>
    public IEnumerable<string> ReadFeed() => File.Exists(FeedPath) ? File.ReadLines(FeedPath) : [];

    /// <summary>Starts the guard unless it runs. A guard of another version of the daemon is replaced: it ends when it sees the new
    /// one.</summary>
    /// <exception cref="IOException">The guard does not run, however often it is started.</exception>
    public void EnsureRunning()
    {
        var isOwn = File.Exists(ScriptPath) && File.ReadAllText(ScriptPath) == GuardScript.Text;
        if (isOwn && ProcessIdentity.Read(Path.Combine(Folder, First)) is { IsAlive: true })
        {
            (_wasSeen, _startsUnseen, _fault) = (true, 0, null);
            return;
        }

        if (_started is not { } last || _timeProvider.GetElapsedTime(last) >= StartTime)
        {
            // One that nobody has seen yet is slow to start, on a busy machine.
            if (_wasSeen)
                LogRestarted();
            _wasSeen = false;
            _started = _timeProvider.GetTimestamp();
            _fault = TryStart(isOwn);
        }

        // Also between two starts: what is being started again and again does not run.
        if (_fault is not null)
            throw new IOException(_fault);
    }

    private string? TryStart(bool isOwn)
    {
        try
        {
            Start(isOwn);
            return ++_startsUnseen > StartsMax ? "the guard process ends whenever it is started" : null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or Win32Exception)
        {
            return refused.Message;
        }
    }

    /// <summary>Ends the guard when there is nothing left to guard.</summary>
    public async Task EndAsync()
    {
        if (!Directory.Exists(Folder))
            return;

        // Each guard may be starting the other at this moment. Without the script it cannot.
        File.Delete(ScriptPath);
        var start = _timeProvider.GetTimestamp();
        while (Processes() is { Count: > 0 } processes && _timeProvider.GetElapsedTime(start) < EndTime)
        {
            foreach (var pid in processes)
                ProcessSignals.Kill(pid);
            await Task.Delay(EndInterval, _timeProvider);
        }

        await FolderTree.RemoveAsync(Folder, _timeProvider, CancellationToken.None);
    }

    /// <summary>Removes the files of guards whose data folders are gone.</summary>
    public void RemoveLeftovers()
    {
        if (!IsInMemory || !Directory.Exists(Root))
            return;
        foreach (var folder in Directory.EnumerateDirectories(Root).Where(IsLeft).ToList())
        {
            try
            {
                FolderTree.Remove(folder);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The guard is removing it at the same time.
            }
        }
    }

    private bool IsLeft(string folder)
    {
        if (folder == Folder || _timeProvider.GetUtcNow() - Directory.GetLastWriteTimeUtc(folder) < MakingTime)
            return false;
        var data = Path.Combine(folder, DataName);
        return File.Exists(data)
            ? !Directory.Exists(File.ReadAllText(data))
            : ProcessIdentity.Read(Path.Combine(folder, First)) is not { IsAlive: true };
    }

    private void Prepare()
    {
        var data = Path.Combine(Folder, DataName);
        if (File.Exists(data))
            return;
        Directory.CreateDirectory(Folder, OwnerOnly);
        File.WriteAllText(data, _dataDirectory);
    }

    /// <summary>Starts the first guard, which starts the second. It leads a session of its own and is nobody's child, so that nothing
    /// that ends the daemon ends it.</summary>
    private void Start(bool isOwn)
    {
        Prepare();
        if (!isOwn)
        {
            File.Delete(Path.Combine(Folder, Second));
            File.Delete(ScriptPath);
            File.WriteAllText(ScriptPath, GuardScript.Text);
        }

        var info = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        foreach (var word in new[] { "-c", "setsid sh \"$@\" </dev/null >/dev/null 2>&1 &", "sh", ScriptPath, Folder, _dataDirectory, First, Second })
            info.ArgumentList.Add(word);
        info.Environment.Clear();
        info.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        using var process = Process.Start(info);
    }

    private List<int> Processes()
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && IsGuard(folder))
                found.Add(pid);
        }

        return found;
    }

    private bool IsGuard(string processFolder)
    {
        try
        {
            // Also of one that is just being started, by a shell and by setsid.
            var words = File.ReadAllText(Path.Combine(processFolder, "cmdline")).Split('\0');
            return Array.IndexOf(words, ScriptPath) is >= 0 and var script && words.AsSpan(script) is [_, var folder, var data, ..] && folder == Folder && data == _dataDirectory;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or belongs to another program.
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The guard process is gone and is started again")]
    private partial void LogRestarted();
}
