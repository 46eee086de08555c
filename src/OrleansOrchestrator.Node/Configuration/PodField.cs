using System.Globalization;
using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Reads the fields of a pod for the downward API.</summary>
internal static class PodField
{
    /// <summary>Returns the value of a field path.</summary>
    /// <param name="pod">The pod, with its addresses on this node in its status.</param>
    /// <param name="path">For example <c>metadata.name</c> or <c>metadata.labels['app']</c>.</param>
    /// <exception cref="ConfigurationException">The path names no field of the downward API.</exception>
    public static string Read(V1Pod pod, string path) => path switch
    {
        "metadata.name" => pod.Metadata.Name,
        "metadata.namespace" => pod.Metadata.NamespaceProperty,
        "metadata.uid" => pod.Metadata.Uid,
        "metadata.labels" => Format(pod.Metadata.Labels),
        "metadata.annotations" => Format(pod.Metadata.Annotations),
        "spec.nodeName" => pod.Spec.NodeName ?? "",
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "",
        "status.podIP" => pod.Status?.PodIP ?? "",
        "status.podIPs" => string.Join(',', (pod.Status?.PodIPs ?? []).Select(ip => ip.Ip)),
        "status.hostIP" => pod.Status?.HostIP ?? "",
        "status.hostIPs" => string.Join(',', (pod.Status?.HostIPs ?? []).Select(ip => ip.Ip)),
        _ => Key(path, "metadata.labels") is { } label ? Value(pod.Metadata.Labels, label)
            : Key(path, "metadata.annotations") is { } annotation ? Value(pod.Metadata.Annotations, annotation)
            : throw new ConfigurationException($"unsupported fieldPath: {path}"),
    };

    private static string? Key(string path, string map) =>
        path.StartsWith(map + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? path[(map.Length + 2)..^2]
            : null;

    private static string Value(IDictionary<string, string>? map, string key) =>
        map is not null && map.TryGetValue(key, out var value) ? value : "";

    /// <summary>One line <c>key="value"</c> per entry, ordered by key, with the value quoted as Go does.</summary>
    private static string Format(IDictionary<string, string>? map) => string.Join(
        '\n', (map ?? new Dictionary<string, string>()).OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={Quote(e.Value)}"));

    private static string Quote(string value)
    {
        var result = new StringBuilder("\"");
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => result.Append("\\\""),
                '\\' => result.Append("\\\\"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                < ' ' or '\x7f' => result.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"),
                _ => result.Append(character),
            };
        }

        return result.Append('"').ToString();
    }
}
