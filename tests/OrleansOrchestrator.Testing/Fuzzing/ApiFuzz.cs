using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>
/// Sends malformed requests to a server, from a seed, and reports faults of the server: internal errors, hangs, stored objects that
/// cannot be read, and watch events that differ from the stored objects.
/// </summary>
/// <param name="api">The server.</param>
/// <param name="seed">The random seed. Each sender derives its own.</param>
/// <param name="report">Receives progress reports.</param>
public sealed class ApiFuzz(ApiConnection api, int seed, Action<string> report)
{
    private const int FaultsMax = 40;
    private const string GroupOfThings = "/apis/fuzz.example.com/v1";
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PartOfStream = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SettlesWithin = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, string> _faults = new();
    private readonly ConcurrentDictionary<string, int> _answers = new();
    private readonly ConcurrentDictionary<string, int> _accepted = new();
    private IReadOnlyList<ServedResource> _resources = [];
    private int _sent;

    /// <summary>The faults found, by kind.</summary>
    public IReadOnlyCollection<string> Faults => [.. _faults.Values];

    /// <summary>How many requests were sent.</summary>
    public int Sent => _sent;

    /// <summary>The number of answers with each status code.</summary>
    public string Summary => $"seed {seed}: {_sent} requests, {_resources.Count} resources; answers {string.Join(", ", _answers.OrderBy(answer => answer.Key).Select(answer => $"{answer.Key} × {answer.Value}"))}; "
        + $"{_accepted.Values.Sum()} objects accepted and read back, of {_accepted.Count} kinds; {_faults.Count} kinds of faults";

    /// <summary>Sends requests until the number is reached, or there are too many faults.</summary>
    /// <param name="requests">The number of requests.</param>
    /// <param name="senders">The number of concurrent senders.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public async Task RunAsync(int requests, int senders, CancellationToken cancellationToken)
    {
        report($"fuzz with seed {seed}");
        await DefineAsync(cancellationToken);
        _resources = await ServedResource.ReadAsync(api);
        await using var watches = new FuzzWatches(api, _resources);
        await watches.StartAsync(cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, senders).Select(sender => SendAsync(sender, requests, cancellationToken)));
        foreach (var fault in await watches.FindDifferencesAsync(SettlesWithin, cancellationToken))
            Fault(fault, fault);
        report(Summary);
    }

    private async Task DefineAsync(CancellationToken cancellationToken)
    {
        await api.SendAsync(HttpMethod.Post, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", SeedObjects.Definition, cancellationToken: cancellationToken);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < SettlesWithin;)
        {
            if ((await api.SendAsync(HttpMethod.Get, GroupOfThings, cancellationToken: cancellationToken)).Code == HttpStatusCode.OK)
                return;
            await Task.Delay(PartOfStream, TimeProvider.System, cancellationToken);
        }
    }

    private async Task SendAsync(int sender, int requests, CancellationToken cancellationToken)
    {
        var scope = $"fuzz-{sender}";
        await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{scope}}}"}}""", cancellationToken: cancellationToken);
        var random = new Random(unchecked((seed * 397) + sender));
        var maker = new RequestMaker(_resources, scope, random);
        foreach (var resource in maker.Kept.Where(resource => resource.Verbs.Contains("create")))
        {
            await KeepAsync(maker, resource, mustSucceed: true, cancellationToken);
            await LearnAsync(maker, resource, cancellationToken);
        }

        while (Volatile.Read(ref _sent) < requests && _faults.Count < FaultsMax)
        {
            var request = maker.Next();
            var (code, body) = await SendAsync(request, cancellationToken);
            if (code is HttpStatusCode.OK or HttpStatusCode.Created && request.WritesObject)
                await ReadBackAsync(request, body, random, cancellationToken);
            if ((code == HttpStatusCode.NotFound || request.Method == "DELETE") && request.Resource.Verbs.Contains("create") && request.Resource.Subresource.Length == 0)
                await KeepAsync(maker, request.Resource, mustSucceed: false, cancellationToken);
        }
    }

    /// <summary>Reads an object in protobuf, for requests to corrupt.</summary>
    private async Task LearnAsync(RequestMaker maker, ServedResource resource, CancellationToken cancellationToken)
    {
        using var get = ToMessage(new FuzzRequest(resource, "GET", maker.KeptPath(resource), "", null, "", [("Accept", "application/vnd.kubernetes.protobuf")]));
        using var answer = await api.SendAsync(get, HttpCompletionOption.ResponseContentRead, cancellationToken);
        if (answer.IsSuccessStatusCode)
            maker.Learn(resource, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private async Task KeepAsync(RequestMaker maker, ServedResource resource, bool mustSucceed, CancellationToken cancellationToken)
    {
        if (!maker.Kept.Contains(resource))
            return;
        var request = maker.Keep(resource);
        var (code, body) = await SendAsync(request, cancellationToken);
        if (mustSucceed && code is not (HttpStatusCode.Created or HttpStatusCode.Conflict))
            Fault($"seed {resource.Kind}", $"the object that a {resource.Kind} begins with is refused with {(int)code}: {body}");
    }

    /// <summary>Checks that an accepted object can be read, selected, shown in a table, and written back unchanged.</summary>
    private async Task ReadBackAsync(FuzzRequest request, string body, Random random, CancellationToken cancellationToken)
    {
        var resource = request.Resource;
        _accepted.AddOrUpdate(resource.Kind, 1, static (_, count) => count + 1);
        if (TryParse(body) is not JsonObject stored || (string?)stored["metadata"]?["name"] is not { Length: > 0 } name)
        {
            Fault($"answer {resource.Kind}", $"an accepted object cannot be read from its answer:\n{request}\n{body}");
            return;
        }

        if (Judge(resource.Kind, stored) is { } fault)
            Fault($"stored {fault}", $"{fault}\n{request}\n{body}");
        var scope = (string?)stored["metadata"]!["namespace"] ?? "";
        var collection = resource.CollectionIn(scope);
        var path = $"{collection}/{Uri.EscapeDataString(name)}";
        var get = new FuzzRequest(resource, "GET", path, "", null, "", []);
        var (code, read) = await SendAsync(get, cancellationToken);
        if (code != HttpStatusCode.OK)
        {
            // The object may have been deleted at once, because its owner is gone or it is being deleted.
            if (code != HttpStatusCode.NotFound)
                Fault($"read {resource.Kind} {(int)code}", $"an accepted object cannot be read: {(int)code} {read}\n{request}");
            return;
        }

        await ExpectAsync(get with { Query = random.Next(2) == 0 ? "" : "?pretty=true", Headers = [("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")] }, request, cancellationToken);
        await ExpectAsync(get with { Headers = [("Accept", "application/yaml")] }, request, cancellationToken);
        if (random.Next(4) == 0)
            await ExpectAsync(get with { Path = collection, Query = $"?fieldSelector=metadata.name%3D{Uri.EscapeDataString(name)}" }, request, cancellationToken);
        if (resource.Verbs.Contains("update") && TryParse(read) is JsonObject current)
            await WriteAgainAsync(request, resource, path, current, cancellationToken);
        if (request.Method == "POST")
            await SendAsync(get with { Method = "DELETE", Query = "?gracePeriodSeconds=0&propagationPolicy=Background" }, cancellationToken);
    }

    /// <summary>What is wrong with a stored object. As in Kubernetes, data of free form may have a field twice; nothing else may.</summary>
    private static string? Judge(string kind, JsonObject stored)
    {
        try
        {
            return FuzzOracle.JudgeStored(kind, stored);
        }
        catch (ArgumentException) when (kind is "ControllerRevision" or "CustomResourceDefinition")
        {
            return null;
        }
    }

    private async Task WriteAgainAsync(FuzzRequest request, ServedResource resource, string path, JsonObject current, CancellationToken cancellationToken)
    {
        ((JsonObject)current["metadata"]!).Remove("resourceVersion");
        var again = new FuzzRequest(resource, "PUT", path, "", Encoding.UTF8.GetBytes(current.ToJsonString(JsonText.Relaxed)), "application/json", []);
        var (code, answer) = await SendAsync(again, cancellationToken);
        if (code is not (HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Conflict))
            Fault($"again {resource.Kind} {ReasonOf(answer)}", $"an accepted object cannot be written again: {(int)code} {answer}\n{request}\n{current.ToJsonString(JsonText.Relaxed)}");
        ((JsonObject)current["metadata"]!).Remove("managedFields");
        var applied = again with
        {
            Method = "PATCH",
            Query = "?fieldManager=again&force=true",
            ContentType = "application/apply-patch+yaml",
            Body = Encoding.UTF8.GetBytes(current.ToJsonString(JsonText.Relaxed)),
        };
        (code, answer) = await SendAsync(applied, cancellationToken);
        if (code is not (HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.Created) && !answer.Contains("failed to create typed patch object", StringComparison.Ordinal))
            Fault($"apply {resource.Kind} {ReasonOf(answer)}", $"an accepted object cannot be applied: {(int)code} {answer}\n{request}\n{current.ToJsonString(JsonText.Relaxed)}");
    }

    private static string ReasonOf(string answer) => TryParse(answer) is { } status ? string.Join(' ', ((string?)status["message"] ?? "").Split(' ').Where(word => !word.Contains("fuzz-", StringComparison.Ordinal)).Take(12)) : "";

    private async Task ExpectAsync(FuzzRequest get, FuzzRequest request, CancellationToken cancellationToken)
    {
        var (code, body) = await SendAsync(get, cancellationToken);
        if (code is not (HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.NotAcceptable) || (code == HttpStatusCode.OK && body.Length == 0))
            Fault($"shown {get.Resource.Kind} {(int)code}", $"an accepted object cannot be shown: {get}\n{(int)code} {body}\n{request}");
    }

    private async Task<(HttpStatusCode Code, string Body)> SendAsync(FuzzRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _sent);
        var clock = Stopwatch.StartNew();
        try
        {
            using var message = ToMessage(request);
            using var response = await api.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            _answers.AddOrUpdate(((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture), 1, static (_, count) => count + 1);
            if ((request.MayBeStream && response.IsSuccessStatusCode) || response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                await ReadPartAsync(response, cancellationToken);
                return (response.StatusCode, "");
            }

            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            end.CancelAfter(EndsWithin);
            var body = await response.Content.ReadAsStringAsync(end.Token);
            if (clock.Elapsed > SlowAfter)
                Fault($"slow {request.Resource.Name}", $"answered after {clock.Elapsed.TotalSeconds:F1} s: {request}");
            if (FuzzOracle.Judge(request, response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", body) is { } fault)
                Fault($"{request.Method} {request.Resource.Name} {fault[..Math.Min(fault.Length, 60)]}", $"{fault}\n{request}");
            return (response.StatusCode, body);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Fault($"broken {failure.Message}", $"no answer: {failure.Message} {failure.InnerException?.Message}\n{request}");
            return (0, "");
        }
    }

    private static async Task ReadPartAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(PartOfStream);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(enough.Token);
            await stream.CopyToAsync(Stream.Null, enough.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The answer continues, as a stream does.
        }
    }

    private HttpRequestMessage ToMessage(FuzzRequest request)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(api.Server + request.Path.TrimStart('/') + request.Query, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            // Only HTTP/1.1 has upgrades.
            Version = request.Headers.Any(header => header.Name == "Upgrade") ? HttpVersion.Version11 : HttpVersion.Version20,
        };
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body);
            if (request.ContentType.Length > 0)
                message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }

        foreach (var (name, value) in request.Headers)
        {
            if (name.StartsWith("Content-", StringComparison.Ordinal))
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            else
                message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    private void Fault(string kind, string description)
    {
        if (_faults.TryAdd(kind, description))
            report($"FAULT {description}\n");
    }

    private static JsonNode? TryParse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new() { MaxDepth = 1000 });
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
