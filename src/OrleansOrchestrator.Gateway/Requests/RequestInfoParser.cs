using OrleansOrchestrator.ControlPlane.Authorization;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Parses <see cref="RequestInfo"/> from a request line.</summary>
/// <remarks>
/// <code>
/// /api/v1/pods                                    all namespaces
/// /api/v1/namespaces/default/pods/web/status      one object's subresource
/// /api/v1/namespaces/default                      the namespace object itself
/// /apis/apps/v1/namespaces/default/replicasets    a group other than core
/// /api/v1/watch/namespaces/default/pods           the deprecated version of ?watch=true
/// </code>
/// </remarks>
internal sealed class RequestInfoParser(ResourceRoutes routes)
{
    // The longest path is prefix, group, version, watch, "namespaces", namespace, resource, name, subresource and what follows it.
    private const int PartsMax = 10;

    public RequestInfo Parse(string method, string path, RequestOptions options)
    {
        var text = path.AsSpan().Trim('/');
        Span<Range> parts = stackalloc Range[PartsMax];
        var count = text.Split(parts, '/');
        var prefixCount = count == 0 ? 0 : text[parts[0]] switch
        {
            "api" => 2,
            "apis" => 3,
            _ => 0,
        };
        if (prefixCount == 0 || count <= prefixCount)
            return OtherPath(method, path);

        var next = prefixCount;
        var isWatchPath = text[parts[next]] is "watch" && count > next + 1;
        if (isWatchPath)
            next++;

        var @namespace = "";
        if (text[parts[next]] is "namespaces" && count > next + 1)
        {
            @namespace = text[parts[next + 1]].ToString();
            if (count > next + 2 && !IsNamespaceSubresource(text[parts[next + 2]]))
                next += 2;
        }

        var prefix = text[..parts[prefixCount - 1].End.Value];
        var resource = text[parts[next]];
        var route = routes.Find(prefix, resource);
        var version = route?.ServedVersion;
        var subresource = count > next + 2 ? text[parts[next + 2]] : "";
        var name = count > next + 1 ? text[parts[next + 1]].ToString() : "";
        var verb = VerbOf(method, name, isWatchPath, options);
        var selects = verb is Verbs.List or Verbs.Watch or Verbs.DeleteCollection;
        return new RequestInfo
        {
            Path = path,
            IsResource = true,
            Verb = verb,
            FieldSelector = selects ? options.FieldSelector : "",
            LabelSelector = selects ? options.LabelSelector : "",
            Group = version?.Group ?? (prefixCount == 2 ? "" : text[parts[1]].ToString()),
            Version = version?.Version ?? text[parts[prefixCount - 1]].ToString(),
            Namespace = @namespace,
            Resource = version?.Definition.Plural ?? resource.ToString(),
            Name = name,
            Subresource = subresource.ToString(),
            SubresourcePath = subresource.Length > 0 ? path.AsSpan().TrimStart('/')[parts[next + 2].End.Value..].ToString() : "",
            Declaration = subresource.Length > 0 ? route?.FindSubresource(subresource) : null,
            IsNamedWatch = isWatchPath && name.Length > 0,
            ServedVersion = version,
        };
    }

    private static RequestInfo OtherPath(string method, string path) => new() { Path = path, Verb = method.ToLowerInvariant() };

    private static bool IsNamespaceSubresource(ReadOnlySpan<char> part) => part is "status" or "finalize";

    private static string VerbOf(string method, string name, bool isWatchPath, RequestOptions options)
    {
        // A watch does not end, so that a HEAD of it makes no sense.
        if (isWatchPath && method == "GET")
            return Verbs.Watch;
        var isCollection = name.Length == 0;
        return method switch
        {
            "GET" when isCollection && options.Watch => Verbs.Watch,
            "GET" or "HEAD" when isCollection => Verbs.List,
            "GET" or "HEAD" => Verbs.Get,
            "POST" => Verbs.Create,
            "PUT" => Verbs.Update,
            "PATCH" => Verbs.Patch,
            "DELETE" => isCollection ? Verbs.DeleteCollection : Verbs.Delete,
            _ => method.ToLowerInvariant(),
        };
    }
}
