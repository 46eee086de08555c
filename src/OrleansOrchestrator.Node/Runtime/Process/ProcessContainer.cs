using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime.Sessions;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>One container as a group of host processes. All its state is in its folder, so that any daemon can adopt it.</summary>
/// <param name="folder">The container's folder: its record, its log, and the files of the wrapper.</param>
/// <param name="record">The container's record.</param>
internal sealed class ProcessContainer(string folder, ContainerRecord record)
{
    // 128 plus SIGKILL.
    private const int KilledExitCode = 137;
    private const string RecordName = "container.json";

    // A wrapper that an earlier daemon started writes its process id within milliseconds. Without one after this time it never started.
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ProcessExecSession, bool> _sessions = new();

    // The wrapper, if this daemon has started it. It is known by this until it has written its process id.
    private volatile ProcessIdentity? _launched;

    public string Id => $"{record.PodUid}.{record.Spec.Name}.{record.Spec.Attempt.ToString(CultureInfo.InvariantCulture)}";

    public string PodUid => record.PodUid;

    public ContainerSpec Spec => record.Spec;

    public ProcessLog Log { get; } = new(folder);

    /// <summary>What the container's log takes on the disk, with the daemon's few files about it.</summary>
    public StorageUsage MeasureLogs(CancellationToken cancellationToken) => FolderUsage.Of(folder, null, cancellationToken);

    private string StdinPath => Path.Combine(folder, "stdin");

    private string PidPath => Path.Combine(folder, "pid");

    private string StartedPath => Path.Combine(folder, "started");

    private string KilledPath => Path.Combine(folder, "killed");

    private string ExitPath => Path.Combine(folder, "exit");

    public static ProcessContainer Create(string folder, ContainerRecord record)
    {
        FolderTree.Remove(folder);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        RecordFile.Write(Path.Combine(folder, RecordName), record);
        var container = new ProcessContainer(folder, record);
        if (record.Spec.Stdin)
            WaitingFile.CreatePipe(container.StdinPath);
        else
            File.CreateSymbolicLink(container.StdinPath, "/dev/null");
        return container;
    }

    public static ProcessContainer? Load(string folder) =>
        RecordFile.Read<ContainerRecord>(Path.Combine(folder, RecordName)) is { } record ? new(folder, record) : null;

    /// <param name="environment">The program's whole environment.</param>
    /// <exception cref="RuntimeException">The wrapper could not be started.</exception>
    public void Start(IReadOnlyDictionary<string, string> environment)
    {
        File.WriteAllText(Path.Combine(folder, "environment"), ProcessWrapper.EnvironmentScript(environment));
        if (record.Cgroup is { } cgroup)
            Directory.CreateDirectory(cgroup);
        var words = ProcessWrapper.Around(folder, record.Cgroup, ProgramBuilder.WordsBefore(Spec), [.. Spec.Command, .. Spec.Arguments]).ToList();
        var info = new ProcessStartInfo(words[0]) { WorkingDirectory = Spec.WorkingDirectory ?? "/" };
        foreach (var word in words.Skip(1))
            info.ArgumentList.Add(word);
        info.Environment.Clear();
        info.Environment["PATH"] = ProgramBuilder.DefaultPath;
        File.WriteAllText(StartedPath, ProcessIdentity.BootId);
        try
        {
            using var process = System.Diagnostics.Process.Start(info)!;
            _launched = ProcessIdentity.Of(process.Id);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            File.WriteAllText(ExitPath, "128");
            throw new RuntimeException(RuntimeException.RunContainer, exception.Message, exception);
        }
    }

    public void Signal(ContainerSignal signal)
    {
        // A wrapper without a written process id cannot pass a stop signal on yet.
        var known = ProcessIdentity.Read(PidPath) ?? (signal == ContainerSignal.Kill ? _launched : null);
        if (!File.Exists(ExitPath) && known is { IsAlive: true } identity)
        {
            if (signal == ContainerSignal.Kill)
                NoteEnd();
            ProcessSignals.Send(identity.Pid, signal);
        }

        if (signal == ContainerSignal.Kill && record.Cgroup is { } cgroup)
            PodCgroups.Kill(cgroup);
    }

    /// <summary>Runs a command beside the program, with its user and environment.</summary>
    public Task<ExecResult> ExecAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) => HostCommand.RunAsync(
        ProcessWrapper.Beside(folder, record.Cgroup, ProgramBuilder.WordsBefore(Spec), command), Spec.WorkingDirectory, timeout, cancellationToken);

    /// <summary>Opens a session with a command beside the program, with its user and environment. It ends with the container.</summary>
    /// <exception cref="RuntimeException">The command cannot be started.</exception>
    public IContainerSession Exec(SessionRequest request, TimeProvider timeProvider)
    {
        var session = ProcessExecSession.Start(
            ProcessWrapper.Beside(folder, record.Cgroup, ProgramBuilder.WordsBefore(Spec), request.Command),
            ProgramBuilder.OwnerOf(Spec), Spec.WorkingDirectory, request, timeProvider, ended => _sessions.TryRemove(ended, out _));
        _sessions[session] = true;
        return session;
    }

    /// <summary>Opens a session with the program.</summary>
    /// <param name="request">The requested streams.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="RuntimeException">A terminal is wanted, or the input cannot be opened.</exception>
    public IContainerSession Attach(SessionRequest request, TimeProvider timeProvider)
    {
        if (request.Tty)
            throw new RuntimeException(RuntimeException.RunContainer, "containers of the process runtime have no terminal; attach without one");
        try
        {
            var pipe = request.Stdin && Spec.Stdin ? WaitingFile.OpenPipe(StdinPath) : null;
            var position = Log.CurrentLength;
            return new ProcessAttachSession(
                (output, token) => LogReader.FollowAsync(Log, position, timestamps: false, () => IsRunning(timeProvider), output, timeProvider, token), pipe, EndInputIfOnce);
        }
        catch (IOException exception)
        {
            throw new RuntimeException(RuntimeException.RunContainer, exception.Message, exception);
        }
    }

    /// <summary>The container's processes: those of its cgroup, or without cgroups those of its session.</summary>
    /// <param name="sessions">The processes of the machine by their session.</param>
    public IEnumerable<int> FindProcesses(Lazy<ILookup<int, int>> sessions)
    {
        if (record.Cgroup is { } cgroup)
            return ProcFile.Lines(Path.Combine(cgroup, "cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture));
        return ProcessIdentity.Read(PidPath) is { } identity ? sessions.Value[identity.Pid] : [];
    }

    /// <summary>Ends the sessions beside the program.</summary>
    public void EndSessions()
    {
        foreach (var session in _sessions.Keys)
            session.Kill();
    }

    /// <summary>Records when the container was killed or first seen gone: a killed wrapper cannot.</summary>
    public void NoteEnd()
    {
        if (!File.Exists(KilledPath) && !File.Exists(ExitPath))
            File.WriteAllBytes(KilledPath, []);
    }

    /// <summary>The present state of the container, from its folder and the process table.</summary>
    public ContainerInstance Inspect(DateTimeOffset now)
    {
        var instance = new ContainerInstance
        {
            Id = Id,
            Name = Spec.Name,
            Attempt = Spec.Attempt,
            Phase = ContainerPhase.Created,
            Image = Spec.Image,
            ImageId = Spec.ImageId,
            SpecHash = Spec.SpecHash,
            CreatedAt = record.CreatedAt,
        };
        if (!File.Exists(StartedPath))
            return instance;

        var started = WrittenAt(StartedPath);
        instance = instance with { StartedAt = started, Phase = ContainerPhase.Running };
        if (IsRunning(started, now))
            return instance;

        // The wrapper writes the code before it ends. So the file is read after the wrapper was seen gone.
        return File.Exists(ExitPath)
            ? instance with { Phase = ContainerPhase.Exited, ExitCode = ReadExitCode(), FinishedAt = WrittenAt(ExitPath) }
            : instance with { Phase = ContainerPhase.Exited, ExitCode = KilledExitCode, FinishedAt = File.Exists(KilledPath) ? WrittenAt(KilledPath) : Log.LastWrittenAt ?? started };
    }

    /// <summary>Removes its files and its cgroup, once it has ended.</summary>
    /// <exception cref="IOException">A file is in use.</exception>
    public async Task DeleteAsync(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        await FolderTree.RemoveAsync(folder, timeProvider, cancellationToken);
        if (record.Cgroup is { } cgroup)
            PodCgroups.RemoveTree(cgroup);
    }

    private bool IsRunning(TimeProvider timeProvider) => Inspect(timeProvider.GetUtcNow()).Phase == ContainerPhase.Running;

    private void EndInputIfOnce()
    {
        if (Spec.StdinOnce && ProcessIdentity.Read(PidPath) is { IsAlive: true } identity)
            ProcessSignals.EndInput(identity.Pid);
    }

    private bool IsRunning(DateTimeOffset started, DateTimeOffset now)
    {
        if (File.Exists(ExitPath) || File.ReadAllText(StartedPath) != ProcessIdentity.BootId)
            return false;
        return (ProcessIdentity.Read(PidPath) ?? _launched) is { } identity ? identity.IsAlive : (now - started).Duration() < StartTime;
    }

    private int ReadExitCode() =>
        int.TryParse(File.ReadAllText(ExitPath), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var code)
            ? code
            : KilledExitCode;

    private static DateTimeOffset WrittenAt(string path) => new(File.GetLastWriteTimeUtc(path));
}
