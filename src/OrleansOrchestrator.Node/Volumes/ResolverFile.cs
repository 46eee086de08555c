using System.Net;
using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>The <c>/etc/resolv.conf</c> of a pod, by its DNS policy and configuration.</summary>
/// <remarks>See "Pod's DNS Policy" and "Pod's DNS Config" in the Kubernetes documentation.</remarks>
internal static class ResolverFile
{
    private const string HostFile = "/etc/resolv.conf";
    // Where systemd-resolved keeps the servers that it asks, if the host's file names only itself.
    private const string UpstreamFile = "/run/systemd/resolve/resolv.conf";
    // What the C library reads.
    private const int ServersMax = 3;

    /// <summary>A file of the host; null if it has none.</summary>
    public static string? ReadHost(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    /// <param name="pod">The pod.</param>
    /// <param name="options">The node's options.</param>
    /// <param name="readHost">Reads a file of the host; null if it has none.</param>
    /// <exception cref="ConfigurationException">The operator's file is missing.</exception>
    public static string Content(V1Pod pod, NodeAgentOptions options, Func<string, string?> readHost)
    {
        var resolver = pod.Spec.DnsPolicy switch
        {
            "None" => new Resolver([], [], []),
            "Default" => OfHost(pod, options, readHost),
            "ClusterFirst" or null when pod.Spec.HostNetwork == true => OfHost(pod, options, readHost),
            _ when options.ClusterDns.Count == 0 => OfHost(pod, options, readHost),
            _ => OfCluster(pod, options, OfHost(pod, options, readHost)),
        };
        return Format(With(resolver, pod.Spec.DnsConfig));
    }

    /// <summary>The host's resolver, with servers that the pod can reach if there are any: the host's loopback is not the pod's.</summary>
    private static Resolver OfHost(V1Pod pod, NodeAgentOptions options, Func<string, string?> readHost)
    {
        if (options.ResolvConf is { } chosen)
            return Parse(readHost(chosen) ?? throw new ConfigurationException($"open {chosen}: no such file or directory"));
        var host = Parse(readHost(HostFile) ?? "");
        if (pod.Spec.HostNetwork == true || !host.Servers.TrueForAll(IsLoopback))
            return host;
        var upstream = Parse(readHost(UpstreamFile) ?? "");
        return upstream.Servers.TrueForAll(IsLoopback) ? host : upstream;
    }

    private static bool IsLoopback(string server) => AddressSyntax.TryParse(server, out var address) && IPAddress.IsLoopback(address);

    private static Resolver OfCluster(V1Pod pod, NodeAgentOptions options, Resolver host)
    {
        var (ns, domain) = (pod.Metadata.NamespaceProperty, options.ClusterDomain);
        return new([.. options.ClusterDns], [$"{ns}.svc.{domain}", $"svc.{domain}", domain, .. host.Searches], ["ndots:5"]);
    }

    private static Resolver Parse(string file)
    {
        var result = new Resolver([], [], []);
        foreach (var words in file.Split('\n').Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        {
            switch (words)
            {
                case ["nameserver", var server, ..]:
                    result.Servers.Add(server);
                    break;
                case ["search" or "domain", .. var searches]:
                    // The last line counts.
                    result.Searches.Clear();
                    result.Searches.AddRange(searches.Where(search => search != "."));
                    break;
                case ["options", .. var list]:
                    result.Options.Clear();
                    result.Options.AddRange(list);
                    break;
            }
        }

        return result;
    }

    private static Resolver With(Resolver resolver, V1PodDNSConfig? own)
    {
        var options = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in resolver.Options.Concat((own?.Options ?? []).Select(option => string.IsNullOrEmpty(option.Value) ? option.Name : $"{option.Name}:{option.Value}")))
            options[option.Split(':')[0]] = option;
        return new(
            [.. resolver.Servers.Concat(own?.Nameservers ?? []).Distinct(StringComparer.Ordinal).Take(ServersMax)],
            [.. resolver.Searches.Concat(own?.Searches ?? []).Distinct(StringComparer.Ordinal)],
            [.. options.Values]);
    }

    private static string Format(Resolver resolver)
    {
        List<string> lines = [.. resolver.Servers.Select(server => $"nameserver {server}")];
        if (resolver.Searches.Count > 0)
            lines.Insert(0, $"search {string.Join(' ', resolver.Searches)}");
        if (resolver.Options.Count > 0)
            lines.Add($"options {string.Join(' ', resolver.Options)}");
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private sealed record Resolver(List<string> Servers, List<string> Searches, List<string> Options);
}
