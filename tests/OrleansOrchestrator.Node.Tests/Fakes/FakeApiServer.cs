using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A Kubernetes API over HTTP that is just good enough for a node daemon: objects in memory, watches, patches.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<(long Revision, string Path, string Type, JsonObject Object)> _log = [];
    private readonly SemaphoreSlim _started = new(1);
    private readonly ConcurrentDictionary<string, bool> _hanging = new(StringComparer.Ordinal);
    private long _revision = 1;
    private long _compacted;
    private int _tokens;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Nobody else gets it while the server is away.
    private readonly int _port = FreePorts.Next();
    private WebApplication? _application;

    /// <summary>Every request that was answered, as <c>METHOD /path</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The uid of <c>kube-system</c>.</summary>
    public string ClusterId { get; } = Guid.NewGuid().ToString();

    /// <summary>By which fencing times it says to act, with each acknowledgement of a renewal; null to say nothing.</summary>
    public string? FencingTimes { get; set; }

    /// <summary>With what it refuses every request; null to answer.</summary>
    public HttpStatusCode? Refusal { get; set; }

    public string Url => $"http://127.0.0.1:{_port}";

    public static async Task<FakeApiServer> StartAsync()
    {
        var server = new FakeApiServer();
        server.Put("api/v1/namespaces/kube-system", new V1Namespace { Metadata = new V1ObjectMeta { Name = "kube-system", Uid = server.ClusterId } });
        await server.ResumeAsync();
        return server;
    }

    public ClusterConnection Connect() => ClusterConnection.Open(new KubernetesClientConfiguration { Host = Url });

    /// <summary>Listens again on the same port after <see cref="PauseAsync"/>.</summary>
    public async Task ResumeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, _port));
        _application = builder.Build();
        _application.Run(HandleAsync);
        await _application.StartAsync();
    }

    /// <summary>The API is away: connections end and none are accepted.</summary>
    public async Task PauseAsync()
    {
        if (_application is null)
            return;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _application.StopAsync(now.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        await _application.DisposeAsync();
        _application = null;
    }

    /// <summary>Answers no request whose path begins so, until the result is disposed.</summary>
    public IDisposable Hang(string path)
    {
        _hanging[path] = true;
        return new Release(() => _hanging.TryRemove(path, out _));
    }

    public void Put(string path, object obj)
    {
        var json = JsonNode.Parse(KubernetesJson.Serialize(obj))!.AsObject();
        lock (_lock)
            Store(path, json, _objects.ContainsKey(path) ? "MODIFIED" : "ADDED");
    }

    public void Change(string path, Action<JsonObject> change)
    {
        lock (_lock)
        {
            var json = _objects[path].DeepClone().AsObject();
            change(json);
            Store(path, json, "MODIFIED");
        }
    }

    public void Remove(string path)
    {
        lock (_lock)
        {
            if (_objects.Remove(path, out var json))
                Append(path, "DELETED", json);
        }
    }

    public T? Get<T>(string path) where T : class
    {
        lock (_lock)
            return _objects.TryGetValue(path, out var json) ? KubernetesJson.Deserialize<T>(json.ToJsonString()) : null;
    }

    public IReadOnlyList<T> List<T>(string prefix)
    {
        lock (_lock)
            return [.. _objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(o => KubernetesJson.Deserialize<T>(o.Value.ToJsonString()))];
    }

    /// <summary>Forgets all changes up to now: a watch from before gets 410 Gone.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _log.Clear();
            _compacted = _revision;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await PauseAsync();
        _started.Dispose();
    }

    private void Store(string path, JsonObject json, string type)
    {
        var metadata = json["metadata"]!.AsObject();
        metadata["uid"] ??= Guid.NewGuid().ToString();
        metadata["resourceVersion"] = (_revision + 1).ToString();
        metadata["name"] ??= path.Split('/')[^1];
        _objects[path] = json;
        Append(path, type, json);
    }

    private void Append(string path, string type, JsonObject json)
    {
        _revision++;
        var shown = json.DeepClone().AsObject();
        shown["metadata"]!["resourceVersion"] = _revision.ToString();
        _log.Add((_revision, path, type, shown));
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.TrimStart('/');
        Requests.Enqueue($"{context.Request.Method} /{path}");
        if (Refusal is { } refusal)
        {
            context.Response.StatusCode = (int)refusal;
            return;
        }

        if (context.Request.Query["watch"] == "true")
        {
            await WatchAsync(context, path);
            return;
        }

        while (_hanging.Keys.Any(begin => path.StartsWith(begin, StringComparison.Ordinal)))
            await Task.Delay(20, context.RequestAborted);

        JsonObject? body = null;
        if (context.Request.ContentLength is > 0)
            body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        var (code, answer) = Answer(context, path, body);
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        if (FencingTimes is { } times && path.Contains("/leases/", StringComparison.Ordinal))
            context.Response.Headers[Model.Fencing.FencingTimes.Header] = times;
        await context.Response.WriteAsync(answer.ToJsonString());
    }

    private (int Code, JsonNode Answer) Answer(HttpContext context, string path, JsonObject? body)
    {
        var bare = path.EndsWith("/status", StringComparison.Ordinal) ? path[..^"/status".Length] : path;
        lock (_lock)
        {
            switch (context.Request.Method)
            {
                case "GET" when _objects.TryGetValue(path, out var found):
                    return (200, found.DeepClone());
                case "GET" when IsCollection(path):
                    var items = Select(path, context.Request.Query["fieldSelector"].FirstOrDefault() ?? "").Select(o => o.DeepClone());
                    return (200, new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["resourceVersion"] = _revision.ToString() },
                        ["items"] = new JsonArray([.. items]),
                    });
                case "POST" when path.EndsWith("/token", StringComparison.Ordinal):
                    body!["status"] = new JsonObject
                    {
                        ["token"] = $"token-{++_tokens} for {string.Join(',', body["spec"]!["audiences"]?.AsArray().Select(one => one!.ToString()) ?? [])}",
                        ["expirationTimestamp"] = TimeProvider.System.GetUtcNow().AddSeconds((long)body["spec"]!["expirationSeconds"]!).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
                    };
                    return (201, body.DeepClone());
                case "POST":
                    var target = $"{path}/{body!["metadata"]!["name"]}";
                    if (_objects.ContainsKey(target))
                        return Failure(409, "AlreadyExists");
                    Store(target, body, "ADDED");
                    return (201, body.DeepClone());
                case "PATCH" when _objects.TryGetValue(bare, out var patched):
                    if (body!["metadata"]?["uid"] is { } uid && uid.ToString() != patched["metadata"]!["uid"]!.ToString())
                        return Failure(409, "Conflict");
                    if (body["metadata"]?["resourceVersion"] is { } version && version.ToString() != patched["metadata"]!["resourceVersion"]!.ToString())
                        return Failure(409, "Conflict");
                    var copy = patched.DeepClone().AsObject();
                    if (context.Request.ContentType!.Contains("strategic", StringComparison.Ordinal))
                        copy = StrategicMergePatch.Apply(copy, JsonSerializer.SerializeToUtf8Bytes(body), bare.Contains("/pods/", StringComparison.Ordinal) ? typeof(V1Pod) : typeof(V1Node)).AsObject();
                    else
                        Merge(copy, body);
                    NoteOtherVolumes(bare, copy);
                    Store(bare, copy, "MODIFIED");
                    return (200, copy.DeepClone());
                case "DELETE" when _objects.TryGetValue(path, out var deleted):
                    if (body?["preconditions"]?["uid"] is { } wanted && wanted.ToString() != deleted["metadata"]!["uid"]!.ToString())
                        return Failure(409, "Conflict");
                    _objects.Remove(path);
                    Append(path, "DELETED", deleted);
                    return (200, new JsonObject { ["status"] = "Success" });
                default:
                    return Failure(404, "NotFound");
            }
        }
    }

    /// <summary>Tells a daemon that is about to remove a folder which other volumes are on its node, as admission does.</summary>
    private void NoteOtherVolumes(string path, JsonObject patched)
    {
        if (patched["metadata"]!["annotations"]?[LocalPathVolumes.RemovedAnnotation]?.ToString() != LocalPathVolumes.AsksForOthers)
            return;
        var others = _objects.Where(entry => entry.Key != path && entry.Key.Contains("/persistentvolumes/", StringComparison.Ordinal))
            .Select(entry => KubernetesJson.Deserialize<V1PersistentVolume>(entry.Value.ToJsonString()));
        var node = LocalPathVolumes.NodeOf(KubernetesJson.Deserialize<V1PersistentVolume>(patched.ToJsonString()))!;
        patched["metadata"]!["annotations"]![LocalPathVolumes.RemovedAnnotation] = JsonSerializer.Serialize(LocalPathVolumes.OthersOn(node, others));
    }

    private async Task WatchAsync(HttpContext context, string path)
    {
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        var since = long.Parse(context.Request.Query["resourceVersion"]!);
        var selector = context.Request.Query["fieldSelector"].FirstOrDefault() ?? "";
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync();
        try
        {
            while (true)
            {
                List<(long Revision, string Path, string Type, JsonObject Object)> events;
                Task changed;
                lock (_lock)
                {
                    changed = _changed.Task;
                    if (since < _compacted)
                    {
                        events = [(0, path, "ERROR", new JsonObject { ["kind"] = "Status", ["code"] = 410, ["reason"] = "Expired" })];
                        since = long.MaxValue;
                    }
                    else
                    {
                        events = [.. _log.Where(e => e.Revision > since && IsIn(e.Path, path) && Matches(e.Object, selector))];
                        since = _revision;
                    }
                }

                foreach (var change in events)
                {
                    var line = new JsonObject { ["type"] = change.Type, ["object"] = change.Object.DeepClone() };
                    await context.Response.WriteAsync(line.ToJsonString() + "\n", context.RequestAborted);
                }

                await context.Response.Body.FlushAsync(context.RequestAborted);
                if (since == long.MaxValue)
                    return;
                await changed.WaitAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client or the server ended the watch.
        }
    }

    private IEnumerable<JsonObject> Select(string collection, string selector) =>
        _objects.Where(o => IsIn(o.Key, collection) && Matches(o.Value, selector)).Select(o => o.Value);

    /// <summary><c>api/v1/pods</c> covers the pods of all namespaces.</summary>
    private static bool IsIn(string path, string collection)
    {
        if (path.StartsWith(collection + "/", StringComparison.Ordinal))
            return true;
        var parts = collection.Split('/');
        return parts.Length == 3 && path.StartsWith($"{parts[0]}/{parts[1]}/namespaces/", StringComparison.Ordinal)
            && path.Split('/').ElementAtOrDefault(4) == parts[2];
    }

    private static bool IsCollection(string path) => path.Split('/')[^1] is "pods" or "services" or "endpoints" or "endpointslices" or "nodes" or "persistentvolumes";

    private static bool Matches(JsonObject obj, string selector) =>
        !selector.StartsWith("spec.nodeName=", StringComparison.Ordinal)
        || obj["spec"]?["nodeName"]?.ToString() == selector["spec.nodeName=".Length..];

    private static (int Code, JsonNode Answer) Failure(int code, string reason) =>
        (code, new JsonObject { ["kind"] = "Status", ["code"] = code, ["reason"] = reason, ["message"] = reason });

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
                target.Remove(name);
            else if (value is JsonObject inner && target[name] is JsonObject existing)
                Merge(existing, inner);
            else
                target[name] = value.DeepClone();
        }
    }

    private sealed class Release(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
