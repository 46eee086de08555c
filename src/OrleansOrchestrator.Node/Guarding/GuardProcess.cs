using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace OrleansOrchestrator.Node.Guarding;

/// <summary>The guard process of a data folder: started when it is needed, taken over from an earlier daemon, started again when it is gone.</summary>
internal sealed partial class GuardProcess
{
    private const string ScriptName = "guard.sh";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan EndInterval = TimeSpan.FromMilliseconds(5);

    private readonly string _dataDirectory;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private long? _started;

    public GuardProcess(string dataDirectory, TimeProvider timeProvider, ILogger logger)
    {
        _dataDirectory = Path.GetFullPath(dataDirectory);
        _timeProvider = timeProvider;
        _logger = logger;

        // In memory where there is such a place: a full disk must not keep deadlines from moving, and none outlives a boot.
        Folder = System.Environment.IsPrivilegedProcess && Directory.Exists("/run")
            ? $"/run/orchestrator/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_dataDirectory)).AsSpan(0, 8))}"
            : Path.Combine(_dataDirectory, "guard");
        Directory.CreateDirectory(Folder, OwnerOnly);
    }

    /// <summary>Where the guard is fed.</summary>
    public string Folder { get; }

    private string PidPath => Path.Combine(Folder, "pid");

    private string ScriptPath => Path.Combine(Folder, ScriptName);

    /// <summary>Starts the guard unless it runs. One that another version of the daemon started is replaced: it ends when it sees the new one.</summary>
    public void EnsureRunning()
    {
        var isOwn = File.Exists(ScriptPath) && File.ReadAllText(ScriptPath) == GuardScript.Text;
        if (isOwn && ProcessIdentity.Read(PidPath) is { IsAlive: true })
            return;
        if (_started is { } last && _timeProvider.GetElapsedTime(last) < StartTime)
            return;
        if (_started is not null)
            LogRestarted();
        _started = _timeProvider.GetTimestamp();
        Start();
    }

    /// <summary>Ends the guard, because nothing is left to guard.</summary>
    public async Task EndAsync()
    {
        // One that was started a moment ago has not yet said who it is.
        while (_started is { } start && !File.Exists(PidPath) && _timeProvider.GetElapsedTime(start) < StartTime)
            await Task.Delay(EndInterval, _timeProvider);
        if (ProcessIdentity.Read(PidPath) is { IsAlive: true } identity)
        {
            try
            {
                using var process = Process.GetProcessById(identity.Pid);
                process.Kill();
                while (identity.IsAlive)
                    await Task.Delay(EndInterval, _timeProvider);
            }
            catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
            {
                // It has ended by itself.
            }
        }

        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    /// <summary>It leads a session of its own and is nobody's child, so that nothing that ends the daemon ends it.</summary>
    private void Start()
    {
        File.Delete(ScriptPath);
        File.WriteAllText(ScriptPath, GuardScript.Text);
        var info = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        foreach (var word in new[] { "-c", "setsid sh \"$1\" \"$2\" \"$3\" </dev/null >/dev/null 2>&1 &", "sh", ScriptPath, Folder, _dataDirectory })
            info.ArgumentList.Add(word);
        info.Environment.Clear();
        info.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        using var process = Process.Start(info);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The guard process is gone and is started again")]
    private partial void LogRestarted();
}
