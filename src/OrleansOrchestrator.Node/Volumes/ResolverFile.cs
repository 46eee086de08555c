using k8s.Models;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>The <c>/etc/resolv.conf</c> of a pod, by its DNS policy and configuration.</summary>
/// <remarks>See "Pod's DNS Policy" and "Pod's DNS Config" in the Kubernetes documentation.</remarks>
internal static class ResolverFile
{
    private const string HostFile = "/etc/resolv.conf";
    // What the C library reads.
    private const int ServersMax = 3;

    /// <summary>The host's file; empty if it has none.</summary>
    public static string ReadHost() => File.Exists(HostFile) ? File.ReadAllText(HostFile) : "";

    public static string Content(V1Pod pod, NodeAgentOptions options, string host)
    {
        var resolver = pod.Spec.DnsPolicy switch
        {
            "None" => new Resolver([], [], []),
            "Default" => Parse(host),
            "ClusterFirst" or null when pod.Spec.HostNetwork == true => Parse(host),
            _ when options.ClusterDns.Count == 0 => Parse(host),
            _ => OfCluster(pod, options, Parse(host)),
        };
        return Format(With(resolver, pod.Spec.DnsConfig));
    }

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
