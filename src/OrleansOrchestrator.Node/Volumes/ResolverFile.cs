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
    // What the C library reads, and Kubernetes' limits of the rest.
    private const int ServersMax = 3;
    private const int SearchesMax = 32;
    private const int SearchCharsMax = 253;
    private const int SearchLineCharsMax = 2048;

    /// <summary>A file of the host; null if it has none.</summary>
    public static string? ReadHost(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    /// <param name="pod">The pod.</param>
    /// <param name="options">The node's options.</param>
    /// <param name="clusterServers">The cluster's DNS servers; without any, pods have the host's.</param>
    /// <param name="readHost">Reads a file of the host; null if it has none.</param>
    /// <param name="tell">Receives what the pod does not get, as the reason and the message of an event.</param>
    /// <exception cref="ConfigurationException">The operator's file is missing.</exception>
    public static string Content(
        V1Pod pod, NodeAgentOptions options, IReadOnlyList<string> clusterServers, Func<string, string?> readHost, Action<string, string> tell)
    {
        var resolver = pod.Spec.DnsPolicy switch
        {
            "None" => new Resolver([], [], []),
            "Default" => OfHost(pod, options, readHost),
            "ClusterFirst" or null when pod.Spec.HostNetwork == true => OfHost(pod, options, readHost),
            _ when clusterServers.Count == 0 => WithoutCluster(pod, options, readHost, tell),
            _ => OfCluster(pod, options, clusterServers, OfHost(pod, options, readHost)),
        };
        return Format(Fit(With(resolver, pod.Spec.DnsConfig), tell));
    }

    /// <summary>The servers that the host itself asks. If these are only its own, the ones behind them follow.</summary>
    public static IReadOnlyList<string> ServersOfHost(NodeAgentOptions options, Func<string, string?> readHost)
    {
        var servers = Parse(readHost(options.ResolvConf ?? HostFile) ?? "").Servers;
        return servers.TrueForAll(IsLoopback) ? [.. servers, .. Parse(readHost(UpstreamFile) ?? "").Servers] : servers;
    }

    private static Resolver WithoutCluster(V1Pod pod, NodeAgentOptions options, Func<string, string?> readHost, Action<string, string> tell)
    {
        tell(
            "MissingClusterDNS",
            $"pod: \"{pod.Metadata.Name}_{pod.Metadata.NamespaceProperty}({pod.Metadata.Uid})\". kubelet does not have ClusterDNS IP configured and cannot create Pod using \"ClusterFirst\" policy. Falling back to \"Default\" policy.");
        return OfHost(pod, options, readHost);
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

    private static Resolver OfCluster(V1Pod pod, NodeAgentOptions options, IReadOnlyList<string> servers, Resolver host)
    {
        var (ns, domain) = (pod.Metadata.NamespaceProperty, options.ClusterDomain);
        return new([.. servers], [$"{ns}.svc.{domain}", $"svc.{domain}", domain, .. host.Searches], ["ndots:5"]);
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
            [.. resolver.Servers.Concat(own?.Nameservers ?? []).Distinct(StringComparer.Ordinal)],
            [.. resolver.Searches.Concat(own?.Searches ?? []).Distinct(StringComparer.Ordinal)],
            [.. options.Values]);
    }

    /// <summary>The part of the resolver that is within the limits.</summary>
    private static Resolver Fit(Resolver resolver, Action<string, string> tell)
    {
        var servers = resolver.Servers.Take(ServersMax).ToList();
        if (servers.Count < resolver.Servers.Count)
            tell("DNSConfigForming", $"Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {string.Join(' ', servers)}");
        var searches = resolver.Searches.Take(SearchesMax).Where(search => search.Length <= SearchCharsMax).ToList();
        while (searches.Sum(search => search.Length + 1) - 1 > SearchLineCharsMax)
            searches.RemoveAt(searches.Count - 1);
        if (searches.Count < resolver.Searches.Count)
            tell("DNSConfigForming", $"Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {string.Join(' ', searches)}");
        return resolver with { Servers = servers, Searches = searches };
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
