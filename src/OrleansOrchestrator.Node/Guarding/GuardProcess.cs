using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Guarding;

/// <summary>
/// The guard of a data folder: two processes that are started when they are needed, taken over from an earlier daemon, and started
/// again when they are gone.
/// </summary>
internal sealed partial class GuardProcess
{
    private const string ScriptName = "guard.sh";
    private const string FeedName = "feed";
    private const string DataName = "data";

    // The files with the numbers of the two processes.
    private const string First = "pid";
    private const string Second = "second";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // In memory where there is such a place: a full disk must not keep deadlines from moving, and none outlives a boot.
    private const string Root = "/run/orchestrator";

    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EndInterval = TimeSpan.FromMilliseconds(5);

    // A folder that has just been made says nothing yet.
    private static readonly TimeSpan MakingTime = TimeSpan.FromMinutes(1);

    private readonly string _dataDirectory;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private long? _started;

    public GuardProcess(string dataDirectory, TimeProvider timeProvider, ILogger logger)
    {
        _dataDirectory = Path.GetFullPath(dataDirectory);
        _timeProvider = timeProvider;
        _logger = logger;
        Folder = IsInMemory
            ? $"{Root}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_dataDirectory)).AsSpan(0, 8))}"
            : Path.Combine(_dataDirectory, "guard");
    }

    /// <summary>Where the guard is fed.</summary>
    public string Folder { get; }

    private static bool IsInMemory => System.Environment.IsPrivilegedProcess && Directory.Exists("/run");

    private string ScriptPath => Path.Combine(Folder, ScriptName);

    private string FeedPath => Path.Combine(Folder, FeedName);

    /// <summary>Feeds the guard.</summary>
    public void Write(string feed)
    {
        Prepare();
        File.WriteAllText(FeedPath + ".new", feed);
        File.Move(FeedPath + ".new", FeedPath, overwrite: true);
    }

    /// <summary>What the guard was fed last, by this daemon or the one before it.</summary>
    public IEnumerable<string> ReadFeed() => File.Exists(FeedPath) ? File.ReadLines(FeedPath) : [];

    /// <summary>Starts the guard unless it runs. One that another version of the daemon started is replaced: it ends when it sees the new one.</summary>
    public void EnsureRunning()
    {
        var isOwn = File.Exists(ScriptPath) && File.ReadAllText(ScriptPath) == GuardScript.Text;
        if (isOwn && ProcessIdentity.Read(Path.Combine(Folder, First)) is { IsAlive: true })
            return;
        if (_started is { } last && _timeProvider.GetElapsedTime(last) < StartTime)
            return;
        if (_started is not null)
            LogRestarted();
        _started = _timeProvider.GetTimestamp();
        Start(isOwn);
    }

    /// <summary>Ends the guard, because nothing is left to guard.</summary>
    public async Task EndAsync()
    {
        if (!Directory.Exists(Folder))
            return;

        // Each may be starting the other at this moment; without the script it cannot.
        File.Delete(ScriptPath);
        var start = _timeProvider.GetTimestamp();
        while (Processes() is { Count: > 0 } processes && _timeProvider.GetElapsedTime(start) < EndTime)
        {
            foreach (var pid in processes)
                ProcessSignals.Kill(pid);
            await Task.Delay(EndInterval, _timeProvider);
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Removes what guards have left whose data folders are gone.</summary>
    public void RemoveLeftovers()
    {
        if (!IsInMemory || !Directory.Exists(Root))
            return;
        foreach (var folder in Directory.EnumerateDirectories(Root).Where(IsLeft).ToList())
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Its guard removes it at this moment.
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

    /// <summary>It leads a session of its own and is nobody's child, so that nothing that ends the daemon ends it. It starts the second one.</summary>
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
            return File.ReadAllText(Path.Combine(processFolder, "cmdline")).Split('\0') is ["sh", var script, ..] && script == ScriptPath;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or is somebody else's.
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The guard process is gone and is started again")]
    private partial void LogRestarted();
}
