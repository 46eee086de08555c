using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Runtime.Docker;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A Docker engine on a socket of its own, whose containers are processes of this machine, and which fails as a test wants it to.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fake-engine-").FullName;
    private readonly ConcurrentDictionary<string, FakeContainer> _containers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FakeExec> _commands = new(StringComparer.Ordinal);
    private CancellationTokenSource _stop = new();
    private Socket? _listener;
    private int _created;
    private int _executed;

    /// <summary>Answers a call in another way; null for the usual one. The call is the method and the path without version.</summary>
    public Func<string, Task<(int Code, object Body)?>> Answer { get; set; } = _ => Task.FromResult<(int, object)?>(null);

    /// <summary>The fault with which a call meets; null for none.</summary>
    public Func<string, EngineFault?> Fault { get; set; } = _ => null;

    /// <summary>The calls so far.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>The containers that were asked for.</summary>
    public ConcurrentQueue<JsonNode> Creations { get; } = [];

    /// <summary>The containers that there are, sandboxes among them.</summary>
    public IEnumerable<FakeContainer> Containers => _containers.Values;

    /// <summary>The images that it has, and those that it can pull.</summary>
    public HashSet<string> Images { get; } = new(StringComparer.Ordinal) { BuiltInImages.Pause, DockerMachine.Image };

    public Uri Address => new($"unix://{Path.Combine(_folder, "engine.sock")}");

    public static FakeEngine Start()
    {
        var engine = new FakeEngine();
        engine.Resume();
        return engine;
    }

    /// <summary>Listens again, with the containers that it had.</summary>
    public void Resume()
    {
        _stop = new CancellationTokenSource();
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(Address.LocalPath));
        _listener.Listen();
        _ = AcceptAsync(_listener, _stop.Token);
    }

    /// <summary>It is away: connections end and none are accepted.</summary>
    public void Pause()
    {
        _stop.Cancel();
        _listener?.Dispose();
        File.Delete(Address.LocalPath);
    }

    public ValueTask DisposeAsync()
    {
        if (!Directory.Exists(_folder))
            return default;
        Pause();
        foreach (var left in Containers)
            left.Dispose();
        foreach (var command in _commands.Values)
            command.Process?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return default;
    }

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptAsync(cancellationToken), cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is away.
        }
    }

    private async Task ServeAsync(Socket connection, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            while (await EngineCall.ReadAsync(stream, cancellationToken) is { } call)
            {
                await HandleAsync(call, cancellationToken);
                if (!call.IsAnswered)
                    return;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The caller has gone, or the engine is away.
        }
    }

    private async Task HandleAsync(EngineCall call, CancellationToken cancellationToken)
    {
        var name = $"{call.Method} {call.Path}";
        Calls.Enqueue(name);
        if (name == "POST /containers/create")
            Creations.Enqueue(call.Body!);
        if (Fault(name) is { } fault)
            await EngineFaults.ActAsync(fault, call, cancellationToken);
        else if (await Answer(name) is { } other)
            await call.AnswerAsync(other.Code, other.Body);
        else
            await HandleAsync(call, call.Path.TrimStart('/').Split('/'), cancellationToken);
    }

    private Task HandleAsync(EngineCall call, string[] path, CancellationToken cancellationToken) => (call.Method, path) switch
    {
        ("GET", ["_ping"]) => call.AnswerAsync(200, "OK"),
        ("GET", ["info"]) => call.AnswerAsync(200, new { ServerVersion = "27.0.0", CgroupDriver = "cgroupfs" }),
        ("GET", ["images", "json"]) => call.AnswerAsync(200, Array.Empty<object>()),
        ("POST", ["images", "create"]) => PullAsync(call),
        ("GET", ["images", .., "json"]) => FindImageAsync(call, string.Join('/', path[1..^1])),
        ("GET", ["containers", "json"]) => call.AnswerAsync(200, Containers.Where(one => IsWanted(call, one)).Select(one => one.Summarize()).ToArray()),
        ("POST", ["containers", "create"]) => CreateAsync(call),
        ("POST", ["exec", var id, "start"]) => RunAsync(call, _commands[id], cancellationToken),
        ("GET", ["exec", var id, "json"]) => call.AnswerAsync(200, _commands[id].Describe()),
        (_, ["containers", var id, .. var rest]) when _containers.TryGetValue(id, out var container) => HandleAsync(call, rest is [var part] ? part : "", container, cancellationToken),
        ("POST", ["containers", _, "start"]) or ("DELETE", _) => call.AnswerAsync(204, ""),
        _ => call.AnswerAsync(404, new { message = $"no such call: {call.Method} {call.Path}" }),
    };

    private Task HandleAsync(EngineCall call, string part, FakeContainer container, CancellationToken cancellationToken)
    {
        switch (call.Method, part)
        {
            case ("GET", "json"):
                return call.AnswerAsync(200, container.Describe());
            case ("POST", "start"):
                return container.Start() is { } why ? call.AnswerAsync(400, new { message = why }) : call.AnswerAsync(204, "");
            case ("POST", "kill") when container.State != "running":
                return call.AnswerAsync(409, new { message = $"Container {container.Id} is not running" });
            case ("POST", "kill"):
                container.Signal(call.Query["signal"]!);
                return call.AnswerAsync(204, "");
            case ("GET", "logs"):
                return CopyLogAsync(call, container, cancellationToken);
            case ("POST", "exec"):
                var id = $"e{Interlocked.Increment(ref _executed)}";
                _commands[id] = new FakeExec(container, [.. call.Body!["Cmd"]!.AsArray().Select(word => (string)word!)]);
                return call.AnswerAsync(201, new { Id = id });
            case ("DELETE", ""):
                container.Dispose();
                _containers.TryRemove(container.Id, out _);
                return call.AnswerAsync(204, "");
            default:
                return call.AnswerAsync(404, new { message = $"no such call: {part}" });
        }
    }

    private Task CreateAsync(EngineCall call)
    {
        var name = call.Query["name"].First()!;
        if (Containers.FirstOrDefault(one => one.Name == name) is { } holder)
            return call.AnswerAsync(409, new { message = $"Conflict. The container name \"/{name}\" is already in use by container \"{holder.Id}\"." });
        var id = $"c{Interlocked.Increment(ref _created)}";
        _containers[id] = new FakeContainer(id, name, call.Body!);
        return call.AnswerAsync(201, new { Id = id });
    }

    private Task FindImageAsync(EngineCall call, string image) => Images.Contains(Uri.UnescapeDataString(image))
        ? call.AnswerAsync(200, new { Id = "sha256:image", RepoTags = new[] { image } })
        : call.AnswerAsync(404, new { message = $"No such image: {image}" });

    private Task PullAsync(EngineCall call)
    {
        var image = $"{call.Query["fromImage"]}:{call.Query["tag"]}";
        return Images.Contains(image)
            ? call.AnswerAsync(200, new { status = "Pull complete" })
            : call.AnswerAsync(500, new { message = $"Get \"https://{image}\": dial tcp: connect: connection refused" });
    }

    private static bool IsWanted(EngineCall call, FakeContainer container)
    {
        var filters = JsonNode.Parse(call.Query["filters"] is [{ Length: > 0 } text] ? text : "{}")!;
        var labels = filters["label"] switch
        {
            JsonObject set => set.Select(label => label.Key),
            JsonArray list => list.Select(label => (string)label!),
            _ => [],
        };
        return labels.All(label => (string?)container.Labels?[label.Split('=')[0]] == label.Split('=')[1]);
    }

    private static async Task CopyLogAsync(EngineCall call, FakeContainer container, CancellationToken cancellationToken)
    {
        await call.BeginAsync();
        await container.Log.CopyAsync(
            long.TryParse(call.Query["tail"], CultureInfo.InvariantCulture, out var tail) ? tail : null,
            decimal.TryParse(call.Query["since"], CultureInfo.InvariantCulture, out var since) ? DateTimeOffset.UnixEpoch.AddTicks((long)(since * TimeSpan.TicksPerSecond)) : default,
            IsSet("timestamps"), IsSet("follow"), (isError, line) => call.WriteFrameAsync(isError, line), cancellationToken);
        await call.EndAsync();

        bool IsSet(string flag) => call.Query[flag].FirstOrDefault() is "1" or "true" or "True";
    }

    private static async Task RunAsync(EngineCall call, FakeExec command, CancellationToken cancellationToken)
    {
        await call.UpgradeAsync();
        await command.Start(call.WriteFrameAsync).WaitAsync(cancellationToken);
    }

    /// <summary>A command in a container.</summary>
    private sealed class FakeExec(FakeContainer container, IReadOnlyList<string> words)
    {
        private int? _exitCode;

        public FakeProcess? Process { get; private set; }

        /// <returns>Ends with the command.</returns>
        public Task Start(Func<bool, ReadOnlyMemory<byte>, Task> output)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Process = container.Run(words, output, code =>
            {
                _exitCode = code;
                ended.SetResult();
            });
            return ended.Task;
        }

        public object Describe() => new { Running = Process is not null && _exitCode is null, ExitCode = _exitCode, Pid = Process?.Id ?? 0 };
    }
}
