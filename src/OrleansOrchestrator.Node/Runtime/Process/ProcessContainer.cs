using System.Diagnostics;
using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>One container as a group of host processes. All it knows is in its folder, so any daemon can take it over.</summary>
/// <param name="folder">The container's folder: its record, its log, and what the wrapper wrote.</param>
/// <param name="record">What was asked for.</param>
internal sealed class ProcessContainer(string folder, ContainerRecord record)
{
    private const int KilledExitCode = 137;
    private const string RecordName = "container.json";

    // A wrapper writes its number within milliseconds; without it after this time it never started.
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(5);

    public string Id => $"{record.PodUid}.{record.Spec.Name}.{record.Spec.Attempt.ToString(CultureInfo.InvariantCulture)}";

    public string PodUid => record.PodUid;

    public ContainerSpec Spec => record.Spec;

    public ProcessLog Log { get; } = new(folder);

    private string PidPath => Path.Combine(folder, "pid");

    private string StartedPath => Path.Combine(folder, "started");

    private string ExitPath => Path.Combine(folder, "exit");

    public static ProcessContainer Create(string folder, ContainerRecord record)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        RecordFile.Write(Path.Combine(folder, RecordName), record);
        return new ProcessContainer(folder, record);
    }

    public static ProcessContainer? Load(string folder) =>
        RecordFile.Read<ContainerRecord>(Path.Combine(folder, RecordName)) is { } record ? new(folder, record) : null;

    /// <param name="program">The words to run.</param>
    /// <param name="environment">All of its environment.</param>
    /// <exception cref="RuntimeException">The wrapper could not be started.</exception>
    public void Start(IReadOnlyList<string> program, IReadOnlyDictionary<string, string> environment)
    {
        var words = ProcessWrapper.Around(folder, program).ToList();
        var info = new ProcessStartInfo(words[0]) { WorkingDirectory = Spec.WorkingDirectory ?? "/" };
        foreach (var word in words.Skip(1))
            info.ArgumentList.Add(word);
        info.Environment.Clear();
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        File.WriteAllText(StartedPath, ProcessIdentity.BootId);
        try
        {
            using var process = System.Diagnostics.Process.Start(info);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            File.WriteAllText(ExitPath, "128");
            throw new RuntimeException(RuntimeException.RunContainer, exception.Message, exception);
        }
    }

    public void Signal(ContainerSignal signal)
    {
        if (!File.Exists(ExitPath) && ProcessIdentity.Read(PidPath) is { IsAlive: true } identity)
            ProcessSignals.Send(identity.Pid, signal);
    }

    /// <summary>What the container is doing now, from its folder and the process table.</summary>
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

        // The wrapper writes the code before it ends, so it is looked for after the wrapper was seen gone.
        return File.Exists(ExitPath)
            ? instance with { Phase = ContainerPhase.Exited, ExitCode = ReadExitCode(), FinishedAt = WrittenAt(ExitPath) }
            : instance with { Phase = ContainerPhase.Exited, ExitCode = KilledExitCode, FinishedAt = Log.LastWrittenAt ?? started };
    }

    public void Delete()
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private bool IsRunning(DateTimeOffset started, DateTimeOffset now)
    {
        if (File.Exists(ExitPath) || File.ReadAllText(StartedPath) != ProcessIdentity.BootId)
            return false;
        return ProcessIdentity.Read(PidPath) is { } identity ? identity.IsAlive : now - started < StartTime;
    }

    private int ReadExitCode() =>
        int.TryParse(File.ReadAllText(ExitPath), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var code)
            ? code
            : KilledExitCode;

    private static DateTimeOffset WrittenAt(string path) => new(File.GetLastWriteTimeUtc(path));
}
