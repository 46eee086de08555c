using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>Makes requests of every verb and format for every resource, from a seed.</summary>
/// <param name="resources">The resources that the server serves.</param>
/// <param name="scope">The namespace of the objects.</param>
/// <param name="random">The source of random numbers.</param>
internal sealed class RequestMaker(IReadOnlyList<ServedResource> resources, string scope, Random random)
{
    private static readonly string[] Parameters =
    [
        "labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch", "timeoutSeconds", "allowWatchBookmarks", "sendInitialEvents", "dryRun",
        "fieldManager", "fieldValidation", "force", "gracePeriodSeconds", "propagationPolicy", "orphanDependents", "pretty", "includeObject", "timeout", "container", "tailLines",
        "sinceSeconds", "sinceTime", "limitBytes", "previous", "timestamps", "exact", "export", "stream", "uid",
    ];

    private static readonly string[] ParameterValues =
    [
        "", "0", "1", "-1", "true", "false", "All", "Some", "Strict", "Warn", "Ignore", "a=b", "a in (b,c)", "a notin (", "!a", "a,,b", "a=b=c", "metadata.name=a", "spec.nodeName!=x", "status.phase=Running",
        "metadata.name=a,metadata.name=b", "1e3", "99999999999999999999", "9223372036854775807", "-9223372036854775808", "abc", "Exact", "NotOlderThan", "Foreground", "Orphan", "None", "Object", "Metadata",
        "%ff", "%00", "%zz", "%", "%C3%28", "+", "%2B", "eyJ2IjoxfQ", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYSJ9", "2026-01-01T00:00:00Z", "yesterday", "1s", "%F0%9F%98%80",
    ];

    private static readonly string[] ContentTypes =
    [
        "application/json", "application/json; charset=utf-8", "application/json;charset=utf-16", "APPLICATION/JSON", "application/yaml", "text/yaml", "application/vnd.kubernetes.protobuf", "text/plain",
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/apply-patch+cbor", "application/cbor", "*/*", "x",
        "application/json;;;", ";", "multipart/form-data; boundary=x",
    ];

    private static readonly string[] Accepts =
    [
        "application/json", "application/yaml", "*/*", "text/html", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "application/json;as=Nothing;v=v1;g=meta.k8s.io",
        "application/json;q=2", "application/json;q=abc,*/*;q=0", "application/vnd.kubernetes.protobuf", ",,,", ";;", "application/yaml;as=Table;v=v1;g=meta.k8s.io", "application/json;stream=watch",
        "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io", "application/cbor", "application/cbor-seq;stream=watch,application/json", "application/vnd.kubernetes.protobuf;stream=watch",
        "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io",
    ];

    private static readonly string[] Methods = ["HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "FOO", "PATCH", "PUT", "POST", "DELETE", "GET"];

    private static readonly string[] Pointers =
    [
        "", "/", "//", "/~", "/~2", "/~01", "/~1", "/-", "/spec/-", "/spec/containers/00", "/spec/containers/-1", "/spec/containers/99999999999999999999", "/metadata/labels/a~1b", "/metadata/", "metadata", "#/metadata",
        "/metadata/name/x", "/\u0000", "/metadata/managedFields", "/metadata/managedFields/0/fieldsV1/f:metadata", "/kind", "/apiVersion", "/metadata/uid", "/status",
    ];

    private readonly Dictionary<ServedResource, byte[]> _protobuf = [];
    private readonly ServedResource[] _reviews = [.. resources.Where(resource => resource.Subresource.Length == 0 && !resource.Verbs.Contains("get"))];
    private readonly ServedResource[] _objects = [.. resources.Where(resource => resource.Subresource.Length == 0 && resource.Verbs.Contains("get"))];
    private readonly ServedResource[] _parts = [.. resources.Where(resource => resource.Subresource.Length > 0)];
    private int _created;

    /// <summary>The name of an object that exists most of the time.</summary>
    public string KeptName => $"{scope}-kept";

    /// <summary>The resources with such an object.</summary>
    public IReadOnlyList<ServedResource> Kept => _objects;

    /// <summary>The request that creates this object.</summary>
    public FuzzRequest Keep(ServedResource resource) =>
        new(resource, "POST", resource.CollectionIn(scope), "", Bytes(Seed(resource, KeptName)), "application/json", []);

    /// <summary>The path of this object.</summary>
    public string KeptPath(ServedResource resource) => $"{resource.CollectionIn(scope)}/{Seed(resource, KeptName)["metadata"]!["name"]}";

    /// <summary>Takes an object in protobuf, as the server wrote it, to corrupt.</summary>
    public void Learn(ServedResource resource, byte[] protobuf)
    {
        if (WireMutation.Renamed(protobuf, KeptName) is not null)
            _protobuf[resource] = protobuf;
    }

    /// <summary>The next request.</summary>
    public FuzzRequest Next()
    {
        var request = random.Next(20) switch
        {
            < 6 => Create(Pick(_objects)),
            < 9 => Update(Pick(_objects)),
            < 14 => Patch(Pick(_objects)),
            14 or 15 => Part(Pick(_parts)),
            16 when _reviews.Length > 0 => Create(Pick(_reviews)),
            17 => Delete(Pick(_objects)),
            _ => Read(Pick(_objects)),
        };
        return Spoil(request);
    }

    private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

    private JsonObject Seed(ServedResource resource, string name) =>
        SeedObjects.Of(resource.ApiVersion, resource.Kind, name, resource.IsNamespaced ? scope : "");

    private JsonObject Mutated(ServedResource resource, string name)
    {
        var obj = Seed(resource, name);
        if (random.Next(12) != 0)
            JsonMutation.Mutate(obj, resource.Model, SeedObjects.Words, random);
        return obj;
    }

    private FuzzRequest Create(ServedResource resource)
    {
        var name = $"{scope}-{_created++}";
        var (body, contentType) = Written(Mutated(resource, name), resource, name);
        return new(resource, "POST", resource.CollectionIn(scope), Options(), body, contentType, []);
    }

    private FuzzRequest Update(ServedResource resource)
    {
        var (body, contentType) = Written(Mutated(resource, KeptName), resource, KeptName);
        return new(resource, "PUT", KeptPath(resource), Options(), body, contentType, []);
    }

    private FuzzRequest Patch(ServedResource resource)
    {
        var path = KeptPath(resource);
        switch (random.Next(4))
        {
            case 0:
                return new(resource, "PATCH", path, Options(), Bytes(Operations(Seed(resource, KeptName), resource)), "application/json-patch+json", []);
            case 1:
                var applied = Mutated(resource, KeptName);
                var manager = random.Next(10) == 0 ? "" : random.Next(2) == 0 ? "?fieldManager=fuzz&force=true" : "?fieldManager=other";
                return new(resource, "PATCH", path, manager, random.Next(3) == 0 ? Yaml(applied) : Bytes(applied), "application/apply-patch+yaml", []);
            case 2:
                return new(resource, "PATCH", path, Options(), Bytes(Fragment(resource)), "application/merge-patch+json", []);
            default:
                var patch = Fragment(resource);
                if (random.Next(3) == 0)
                    AddDirective(patch);
                return new(resource, "PATCH", path, Options(), Bytes(patch), "application/strategic-merge-patch+json", []);
        }
    }

    /// <summary>A part of an object, as patches have it.</summary>
    private JsonObject Fragment(ServedResource resource)
    {
        var patch = Mutated(resource, KeptName);
        foreach (var name in patch.Select(member => member.Key).ToList())
        {
            if (random.Next(2) == 0)
                patch.Remove(name);
        }

        return patch;
    }

    private void AddDirective(JsonObject patch)
    {
        var node = patch;
        while (random.Next(3) != 0 && node.Select(member => member.Value).OfType<JsonObject>().ToList() is { Count: > 0 } below)
            node = Pick(below);
        var names = node.Select(member => member.Key).Append("containers").Append("finalizers").ToList();
        switch (random.Next(4))
        {
            case 0:
                node["$patch"] = random.Next(2) == 0 ? Pick(["replace", "delete", "merge", "x"]) : OddValues.Any(random);
                break;
            case 1:
                node["$retainKeys"] = random.Next(2) == 0 ? new JsonArray(Pick(names)) : OddValues.Any(random);
                break;
            case 2:
                node["$setElementOrder/" + Pick(names)] = random.Next(2) == 0 ? new JsonArray(new JsonObject { ["name"] = "c" }) : OddValues.Any(random);
                break;
            default:
                node["$deleteFromPrimitiveList/" + Pick(names)] = random.Next(2) == 0 ? new JsonArray("a") : OddValues.Any(random);
                break;
        }
    }

    private JsonNode Operations(JsonObject target, ServedResource resource)
    {
        var pointers = JsonMutation.PointersOf(target).ToList();
        var mutated = Mutated(resource, KeptName);
        var operations = new JsonArray();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var pointer = Pick(pointers);
            operations.Add(new JsonObject
            {
                ["op"] = random.Next(30) == 0 ? OddValues.Any(random) : Pick(["add", "remove", "replace", "copy", "move", "test", "add", "replace"]),
                ["path"] = random.Next(10) == 0 ? OddValues.Any(random) : random.Next(10) == 0 ? Pick(Pointers) : pointer + (random.Next(4) == 0 ? "/-" : random.Next(6) == 0 ? "/x" : ""),
                ["from"] = random.Next(10) == 0 ? Pick(Pointers) : Pick(pointers),
                ["value"] = random.Next(2) == 0 ? OddValues.Any(random) : At(mutated, pointer),
            });
        }

        if (random.Next(30) == 0)
            return new JsonArray([.. Enumerable.Range(0, 40).Select(_ => (JsonNode)new JsonObject { ["op"] = "copy", ["from"] = "/metadata", ["path"] = "/metadata/x" })]);
        JsonMutation.Bound(operations);
        return random.Next(40) == 0 ? OddValues.Any(random) ?? new JsonObject() : operations;
    }

    private static JsonNode? At(JsonNode node, string pointer)
    {
        JsonNode? found = node;
        foreach (var step in pointer.Split('/').Skip(1))
        {
            found = found switch
            {
                JsonObject members => members[step],
                JsonArray elements when int.TryParse(step, out var index) && index < elements.Count => elements[index],
                _ => null,
            };
        }

        return found?.DeepClone();
    }

    private FuzzRequest Part(ServedResource part)
    {
        var whole = _objects.FirstOrDefault(resource => resource.Prefix == part.Prefix && resource.Name == part.Plural) ?? part;
        var path = $"{KeptPath(whole)}/{part.Subresource}";
        var verb = Pick(part.Verbs.Count > 0 ? part.Verbs : ["get"]);
        var (body, contentType) = Written(Mutated(part, KeptName), part, KeptName);
        return verb switch
        {
            "create" => new(part, "POST", path, Options(), body, contentType, []),
            "update" => new(part, "PUT", path, Options(), body, contentType, []),
            "patch" => Patch(part) with { Path = path },
            "delete" => new(part, "DELETE", path, Options(), null, "", []),
            _ => new(part, "GET", path, Options(), null, "", []),
        };
    }

    private FuzzRequest Delete(ServedResource resource)
    {
        var options = (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"DeleteOptions"}""")!;
        if (random.Next(2) == 0)
        {
            options = SeedObjects.Of("v1", "DeleteOptions", "x", "");
            JsonMutation.Mutate(options, typeof(k8s.Models.V1DeleteOptions), SeedObjects.Words, random);
        }

        var isCollection = random.Next(6) == 0;
        // Deletions of shared objects are dry runs.
        var query = isCollection && !resource.IsNamespaced ? Options() is { Length: > 0 } others ? "?dryRun=All&" + others[1..] : "?dryRun=All" : Options();
        return new(resource, "DELETE", isCollection ? resource.CollectionIn(scope) : KeptPath(resource), query, isCollection && !resource.IsNamespaced ? null : Bytes(options), "application/json", []);
    }

    private FuzzRequest Read(ServedResource resource)
    {
        var path = random.Next(3) == 0 ? KeptPath(resource) : random.Next(3) == 0 ? $"{resource.Prefix}/{resource.Plural}" : resource.CollectionIn(scope);
        if (random.Next(12) == 0)
            path = path.Replace($"{resource.Prefix}/", $"{resource.Prefix}/watch/", StringComparison.Ordinal);
        var query = Options();
        if (random.Next(8) == 0)
            query += (query.Length == 0 ? "?" : "&") + "watch=" + Pick(["true", "1", "false", "x", ""]);
        return new(resource, random.Next(20) == 0 ? "HEAD" : "GET", path, query, null, "", []);
    }

    /// <summary>Corrupts parts of a request: path, content type, body, headers.</summary>
    private FuzzRequest Spoil(FuzzRequest request)
    {
        var headers = new List<(string, string)>();
        if (random.Next(12) == 0)
            headers.Add(("Accept", Pick(Accepts)));
        if (random.Next(40) == 0)
            headers.Add(("User-Agent", Pick(["", "kubectl/v1", "/", new string('u', 500), "\u00e9\u00ff", "a b (c) \u0080"])));
        if (random.Next(100) == 0)
            headers.Add(("X-Long", new string('l', random.Next(100_000))));
        if (request.Method == "GET" && random.Next(50) == 0)
            headers.AddRange(Upgrade());
        if (random.Next(60) == 0)
            headers.Add(("If-None-Match", Pick(["*", "\"\"", "x", "W/\"a\""])));
        if (request.Method != "DELETE" && random.Next(40) == 0)
            request = request with { Path = SpoilPath(request.Path) };
        if (request.Method == "GET" && random.Next(60) == 0)
            request = request with { Query = $"?labelSelector=a%20in%20({string.Join(',', Enumerable.Range(0, random.Next(20_000)))})" };
        // A shared collection must not be deleted.
        if (request.Method != "DELETE" && random.Next(60) == 0 && Pick(Methods) is var method && (method != "DELETE" || request.Path.Contains(scope, StringComparison.Ordinal)))
            request = request with { Method = method, Body = method == "TRACE" ? null : request.Body };
        if (request.Body is { } body)
        {
            if (random.Next(30) == 0)
                request = request with { ContentType = Pick(ContentTypes) };
            if (random.Next(25) == 0)
                request = request with { Body = SpoilBytes(body) };
            if (random.Next(40) == 0)
            {
                headers.Add(("Content-Encoding", Pick(["gzip", "gzip", "identity", "br", "gzip, gzip", ""])));
                if (random.Next(3) != 0)
                    request = request with { Body = Zip(request.Body) };
            }
        }
        else if (request.Method == "GET" && random.Next(30) == 0)
        {
            request = request with { Body = Encoding.UTF8.GetBytes("{}"), ContentType = "application/json" };
        }

        return request with { Headers = headers };
    }

    private string SpoilPath(string path)
    {
        var parts = path.Split('/').ToList();
        var at = random.Next(1, parts.Count);
        switch (random.Next(4))
        {
            case 0:
                parts[at] = Pick(["", "%ff", "%2F", "%2e%2e", "%E2%82", "A_B", new string('n', 300), "%F0%9F%98%80", "a:b", "@", "namespaces", "watch", "proxy", "..%2f", "%c0%af", "%5c", ";a=b", "a%20b", "%0d%0a", "~", "*", "%", "%zz", "..", "."]);
                break;
            case 1:
                parts.Insert(at, Pick(["", "x", "watch", "status", "namespaces"]));
                break;
            case 2:
                parts.RemoveAt(at);
                break;
            default:
                parts.Add(Pick(["status", "scale", "x", "", "exec", "proxy", "attach", "portforward", "ephemeralcontainers", "resize"]));
                break;
        }

        var spoilt = string.Join('/', parts);
        return spoilt.StartsWith("//", StringComparison.Ordinal) || !spoilt.StartsWith('/') ? path : spoilt;
    }

    private byte[] SpoilBytes(byte[] body)
    {
        switch (random.Next(6))
        {
            case 0:
                return body[..random.Next(body.Length + 1)];
            case 1:
                return [.. body, .. body];
            case 2:
                return [0xef, 0xbb, 0xbf, .. body];
            case 3:
                return [];
            case 4:
                return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Pick(["[", "{\"a\":", "- ", "a: &a [*a]\n", "{"]), random.Next(1, 3000))));
            default:
                var spoilt = body.ToArray();
                for (var i = random.Next(1, 4); i > 0 && spoilt.Length > 0; i--)
                    spoilt[random.Next(spoilt.Length)] = (byte)random.Next(256);
                return spoilt;
        }
    }

    private string Options()
    {
        if (random.Next(3) != 0)
            return "";
        var pairs = Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{Pick(Parameters)}={Pick(ParameterValues)}");
        return "?" + string.Join('&', pairs);
    }

    /// <summary>The headers that ask for a WebSocket or another upgrade.</summary>
    private IEnumerable<(string Name, string Value)> Upgrade() =>
    [
        ("Connection", "Upgrade"),
        ("Upgrade", random.Next(4) == 0 ? Pick(["SPDY/3.1", "h2c", "x", ""]) : "websocket"),
        ("Sec-WebSocket-Version", random.Next(6) == 0 ? Pick(["8", "", "x"]) : "13"),
        ("Sec-WebSocket-Key", random.Next(6) == 0 ? Pick(["", "x", "===="]) : "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", Pick(["", "binary.k8s.io", "base64.binary.k8s.io", "channel.k8s.io", "v4.channel.k8s.io, x", ",,"])),
    ];

    private (byte[] Body, string ContentType) Written(JsonObject obj, ServedResource resource, string name) => random.Next(10) switch
    {
        0 or 1 => (Yaml(obj), "application/yaml"),
        2 or 3 => (Protobuf(resource, name), "application/vnd.kubernetes.protobuf"),
        _ => (Bytes(obj), "application/json"),
    };

    private byte[] Protobuf(ServedResource resource, string name)
    {
        if (_protobuf.Count == 0 || random.Next(8) == 0)
            return ProtobufBytes.Of(resource.ApiVersion, resource.Kind, random);
        // Kinds that are not stored have no protobuf of their own, so they get another kind's.
        var seeds = _protobuf.Values.ToList();
        var body = WireMutation.Renamed(_protobuf.GetValueOrDefault(resource) ?? Pick(seeds), name)!;
        return WireMutation.Mutate(body, Pick(seeds), random);
    }

    private static byte[] Bytes(JsonNode node) => OddValues.Write(node.ToJsonString(JsonText.Relaxed));

    /// <summary>Writes JSON as YAML with the first level in block style.</summary>
    private byte[] Yaml(JsonObject obj)
    {
        var text = new StringBuilder(random.Next(5) == 0 ? "---\n" : "");
        foreach (var (name, value) in obj)
            text.Append(JsonValue.Create(name).ToJsonString(JsonText.Relaxed)).Append(": ").Append(value?.ToJsonString(JsonText.Relaxed) ?? Pick(["null", "~", ""])).Append('\n');
        return random.Next(4) == 0 ? OddYaml.Around(text.ToString(), random) : OddValues.Write(text.ToString());
    }

    private static byte[] Zip(byte[] body)
    {
        using var output = new MemoryStream();
        using (var zip = new GZipStream(output, CompressionLevel.Fastest))
            zip.Write(body);
        return output.ToArray();
    }
}
