using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A container of a <see cref="FakeEngine"/>: a process of this machine, which sees its volumes where the host has them. A sandbox
/// has no process.</summary>
internal sealed class FakeContainer : IDisposable
{
    // 128 plus SIGKILL.
    private const int KilledExitCode = 137;
    private const int CannotStart = 127;

    private readonly JsonNode _spec;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _mounts;
    private FakeProcess? _process;

    public FakeContainer(string id, string name, JsonNode spec)
    {
        (Id, Name, _spec) = (id, name, spec);
        _mounts = (spec["HostConfig"]?["Mounts"]?.AsArray() ?? []).ToDictionary(mount => (string)mount!["Target"]!, mount => (string)mount!["Source"]!);
    }

    public string Id { get; }

    public string Name { get; }

    public JsonNode? Labels => _spec["Labels"];

    /// <summary>Its state in the engine's words. Tests set what no call leads to.</summary>
    public string State { get; set; } = "created";

    public FakeLog Log { get; } = new();

    private bool IsSandbox => Labels?[ContainerLabels.Container] is null;

    private int ExitCode { get; set; }

    private string Error { get; set; } = "";

    private DateTimeOffset CreatedAt { get; } = TimeProvider.System.GetUtcNow();

    private DateTimeOffset? StartedAt { get; set; }

    private DateTimeOffset? FinishedAt { get; set; }

    /// <returns>Why it cannot start; null if it has started.</returns>
    public string? Start()
    {
        lock (_lock)
        {
            if (State == "running")
                return null;
            try
            {
                if (!IsSandbox)
                    _process = Run([.. Words("Entrypoint"), .. Words("Cmd")], Log.AppendAsync, Ended);
                (State, StartedAt) = ("running", TimeProvider.System.GetUtcNow());
                return null;
            }
            catch (Win32Exception exception)
            {
                (ExitCode, Error) = (CannotStart, exception.Message);
                return Error;
            }
        }
    }

    /// <summary>Runs a command beside the container's own.</summary>
    public FakeProcess Run(IReadOnlyList<string> words, Func<bool, ReadOnlyMemory<byte>, Task> output, Action<int> ended) =>
        new([.. words.Select(WithHostPaths)], (_spec["Env"]?.AsArray() ?? []).Select(text => ((string)text!).Split('=', 2)), output, ended);

    public void Signal(string name)
    {
        if (_process is { } process)
            process.Signal(name);
        else
            Ended(KilledExitCode);
    }

    /// <summary>Ends it as a crash of the engine does.</summary>
    public void Kill()
    {
        if (State == "running")
            Signal("SIGKILL");
    }

    public JsonObject Describe() => new()
    {
        ["Id"] = Id,
        ["Name"] = $"/{Name}",
        ["Image"] = "sha256:image",
        ["Created"] = Format(CreatedAt),
        ["Config"] = new JsonObject { ["Labels"] = Labels?.DeepClone() ?? new JsonObject(), ["Image"] = _spec["Image"]?.DeepClone() },
        ["HostConfig"] = _spec["HostConfig"]?.DeepClone() ?? new JsonObject(),
        ["State"] = new JsonObject
        {
            ["Status"] = State,
            ["Running"] = State == "running",
            ["Pid"] = _process?.Id ?? 0,
            ["ExitCode"] = ExitCode,
            ["Error"] = Error,
            ["StartedAt"] = Format(StartedAt),
            ["FinishedAt"] = Format(FinishedAt),
        },
    };

    public JsonObject Summarize() => new()
    {
        ["Id"] = Id,
        ["Names"] = new JsonArray($"/{Name}"),
        ["Image"] = _spec["Image"]?.DeepClone(),
        ["ImageID"] = "sha256:image",
        ["Created"] = CreatedAt.ToUnixTimeSeconds(),
        ["State"] = State,
        ["Labels"] = Labels?.DeepClone() ?? new JsonObject(),
        ["NetworkSettings"] = new JsonObject { ["Networks"] = new JsonObject { ["bridge"] = new JsonObject { ["IPAddress"] = IsSandbox ? "127.0.0.1" : "" } } },
    };

    public void Dispose() => _process?.Dispose();

    private IEnumerable<string> Words(string name) => (_spec[name]?.AsArray() ?? []).Select(word => (string)word!);

    private string WithHostPaths(string word) =>
        _mounts.Where(mount => !mount.Key.StartsWith("/etc/", StringComparison.Ordinal)).Aggregate(word, (text, mount) => text.Replace(mount.Key, mount.Value, StringComparison.Ordinal));

    private void Ended(int exitCode)
    {
        lock (_lock)
            (State, ExitCode, FinishedAt) = ("exited", exitCode, TimeProvider.System.GetUtcNow());
        Log.End();
    }

    private static string Format(DateTimeOffset? time) => (time ?? DateTimeOffset.MinValue).UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
