using System.Text.RegularExpressions;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Node.Options;

/// <summary>Validates the options of an agent.</summary>
public static partial class NodeAgentOptionsValidator
{
    // As the API: expirationSeconds of a request may not be less.
    private static readonly TimeSpan CertificateDurationMin = TimeSpan.FromMinutes(10);
    // Leaves room for the longest names below it.
    private const int DomainCharsMax = 63;

    private static readonly string[] Reservable = ["cpu", "memory", "ephemeral-storage", "pid"];

    /// <summary>Lists all faults; empty if the options are valid.</summary>
    /// <param name="options">The options to check.</param>
    /// <returns>One sentence for each fault, naming the option.</returns>
    public static IReadOnlyList<string> Validate(NodeAgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = new OptionFaults();
        faults.Require(NamePattern().IsMatch(options.Name) && options.Name.Length <= 63, "Name must be a DNS label: lower-case letters, digits, '-', '.'.");
        faults.Require(options.DataDirectory.Length > 0, "DataDirectory must name a folder.");
        faults.AtLeast(options.Index, 0);
        faults.Between(options.Port, 0, ushort.MaxValue);
        faults.Require(options.AdvertiseAddress is null || AddressSyntax.FamilyOf(options.AdvertiseAddress) is not null, "AdvertiseAddress must be an IP address.");
        RequireLabels(options.Labels, faults);
        faults.AtLeastOne(options.TunnelsMax);
        faults.AtLeastOne(options.MaxPods);
        faults.AtLeastOne(options.StartsInParallel);
        faults.Require(Enum.IsDefined(options.ProxyMode), $"ProxyMode must be one of {string.Join(", ", Enum.GetNames<ServiceProxyMode>())}.");
        faults.Require(
            options.ProxyClusterCidrs.All(range => AddressSyntax.TryParseNetwork(range ?? "", out _)), "ProxyClusterCidrs must be address ranges such as 10.244.0.0/16.");
        faults.AtLeastOne(options.ProxyPortsMax);
        faults.AtLeastOne(options.ProxyConnectionsMax);
        faults.AtLeastOne(options.ProxyServicePortsMax);
        faults.AtLeastOne(options.ProxyServiceConnectionsMax);
        faults.AtLeastOne(options.ProxyServiceSessionsMax);
        faults.Positive(options.ProxyConnectTimeout);
        faults.Positive(options.ProxyUdpIdleTimeout);
        faults.Positive(options.RuntimeRequestTimeout);
        faults.Positive(options.ImagePullProgressDeadline);
        faults.AtLeastOne(options.PodHostPortsMax);
        faults.Require(Path.IsPathRooted(options.CniConfDir) && options.CniBinDirs.All(Path.IsPathRooted) && options.CniBinDirs.Count > 0, "CniConfDir and CniBinDirs must be absolute paths.");
        faults.Between(options.VxlanPort, 1, ushort.MaxValue);
        faults.Between(options.VxlanId, 1, 0xff_ffff);
        faults.Require(options.PodNetworkMtu is 0 or (>= 1280 and <= ushort.MaxValue), "PodNetworkMtu must be 0 or between 1280 and 65535.");
        faults.AtLeastOne(options.ServiceVariablesBytesMax);
        faults.AtLeastOne(options.ProjectedVolumesBytesMax);
        faults.Require(
            options.ClientCertificateDuration == TimeSpan.Zero || options.ClientCertificateDuration >= CertificateDurationMin, "ClientCertificateDuration must be zero or at least 10 minutes.");
        faults.Require(options.ServingCertificateDuration >= CertificateDurationMin, "ServingCertificateDuration must be at least 10 minutes.");
        faults.Require(
            options is { CertificateRenewalMin: > 0, CertificateRenewalMax: < 1 } && options.CertificateRenewalMin <= options.CertificateRenewalMax,
            "CertificateRenewalMin must be more than 0 and at most CertificateRenewalMax, which must be less than 1.");
        faults.Positive(options.LeaseRenewInterval);
        faults.Require(options.Times.LeaseDuration > 2 * options.LeaseRenewInterval, "LeaseDuration must be more than twice LeaseRenewInterval, so that one lost renewal does no harm.");
        faults.Require(options.Times.FencingTime > 2 * options.LeaseRenewInterval, "FencingTime must be more than twice LeaseRenewInterval, so that one lost renewal stops no pod.");
        faults.AddRange(options.Times.Faults());
        faults.Require(
            options.StreamIdleTime > TimeSpan.Zero && options.StreamIdleTime <= Waits.Longest,
            "StreamIdleTime must be positive and at most a day.");
        faults.NotNegative(options.ShutdownGracePeriodCriticalPods);
        faults.Require(
            options.ShutdownGracePeriodCriticalPods <= options.ShutdownGracePeriod && options.ShutdownGracePeriod <= Waits.Longest,
            "ShutdownGracePeriod must be at least ShutdownGracePeriodCriticalPods, and at most a day.");
        faults.Require(
            options.ShutdownGracePeriodByPodPriority.All(period => period.ShutdownGracePeriodSeconds >= 0 && period.ShutdownGracePeriodSeconds <= Waits.Longest.TotalSeconds),
            "ShutdownGracePeriodByPodPriority must have times of at most a day, none of them negative.");
        faults.Require(
            options.ShutdownGracePeriodByPodPriority.DistinctBy(period => period.Priority).Count() == options.ShutdownGracePeriodByPodPriority.Count,
            "ShutdownGracePeriodByPodPriority must have each priority once.");
        options.ReadThresholds(faults);
        faults.NotNegative(options.EvictionMaxPodGracePeriod);
        faults.NotNegative(options.EvictionPressureTransitionPeriod);
        faults.Positive(options.EvictionMonitoringPeriod);
        RequireReservations(options.SystemReserved, nameof(options.SystemReserved), faults);
        RequireReservations(options.KubeReserved, nameof(options.KubeReserved), faults);
        faults.Require(options.PodPidsLimit is -1 or > 0, "PodPidsLimit must be -1 or at least 1.");
        faults.Between(options.ImageGCHighThresholdPercent, 0, 100);
        faults.Require(
            options.ImageGCLowThresholdPercent >= 0 && (options.ImageGCLowThresholdPercent < options.ImageGCHighThresholdPercent || options.ImageGCHighThresholdPercent == 0),
            "ImageGCLowThresholdPercent must be less than ImageGCHighThresholdPercent, and not negative.");
        faults.NotNegative(options.ImageMinimumGCAge);
        faults.Require(
            options.ImageMaximumGCAge == TimeSpan.Zero || options.ImageMaximumGCAge > options.ImageMinimumGCAge,
            "ImageMaximumGCAge must be 0 or longer than ImageMinimumGCAge.");
        faults.Positive(options.VolumeStatsAggPeriod);
        faults.NotNegative(options.MinimumContainerTtlDuration);
        faults.AtLeast(options.MaximumDeadContainers, -1);
        faults.Require(options.ResolvConf is null || Path.IsPathRooted(options.ResolvConf), "ResolvConf must be an absolute path.");
        faults.Require(options.ClusterDns.All(server => AddressSyntax.FamilyOf(server) is not null), "ClusterDns must be IP addresses.");
        faults.Require(DomainPattern().IsMatch(options.ClusterDomain) && options.ClusterDomain.Length <= DomainCharsMax, "ClusterDomain must be a domain such as cluster.local.");
        faults.Require(
            options.DnsUpstreams.All(server => DnsServerAddress.Parse(server) is not null),
            "DnsUpstreams must be IP addresses, with or without a port.");
        faults.Require(options.DnsTtl >= TimeSpan.Zero && options.DnsTtl <= TimeSpan.FromHours(1), "DnsTtl must be between 0 and an hour.");
        faults.Positive(options.DnsUpstreamTimeout);
        faults.AtLeastOne(options.DnsUpstreamQueriesMax);
        faults.AtLeastOne(options.DnsConnectionsMax);
        faults.AtLeast(options.DnsCacheBytesMax, 0);
        faults.NotNegative(options.DnsCacheTtlMax);
        faults.NotNegative(options.DnsNegativeTtlMax);
        faults.Positive(options.FileCheckFrequency);
        faults.Positive(options.HttpCheckFrequency);
        faults.Require(options.StaticPodUrl is null or { IsAbsoluteUri: true, Scheme: "http" or "https" }, "StaticPodUrl must be an address such as https://host/pods.");
        faults.Positive(options.SyncPeriod);
        faults.Positive(options.StatusPeriod);
        faults.Require(options.RestartDelay > TimeSpan.Zero && options.RestartDelay <= options.RestartDelayMax, "RestartDelay must be positive and at most RestartDelayMax.");
        faults.Require(options.ServiceCidr is null || AddressSyntax.TryParseNetwork(options.ServiceCidr, out _), "ServiceCidr must be an address range such as 10.96.0.0/16.");
        faults.Require(options.NodePortAddresses.All(a => AddressSyntax.FamilyOf(a) is not null), "NodePortAddresses must be IP addresses.");
        return faults.All;
    }

    /// <summary>A node with other labels could not register, because the API lets no node have them (NodeRestriction).</summary>
    private static void RequireLabels(IReadOnlyDictionary<string, string> labels, OptionFaults faults)
    {
        var unknown = labels.Keys.Where(KubeletLabels.IsForeign).Order(StringComparer.Ordinal).ToList();
        faults.Require(
            unknown.Count == 0,
            $"Labels: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [{string.Join(' ', unknown)}]: --node-labels in the 'kubernetes.io' namespace must begin with an "
            + $"allowed prefix ({string.Join(", ", KubeletLabels.Domains)}) or be in the specifically allowed set ({string.Join(", ", KubeletLabels.Names)}). An administrator sets others with kubectl label.");
        foreach (var (name, value) in labels)
        {
            foreach (var fault in NameRules.IsQualifiedName(name))
                faults.Require(false, $"Labels: \"{name}\": {fault}.");
            foreach (var fault in NameRules.IsValidLabelValue(value))
                faults.Require(false, $"Labels: \"{name}\": {fault}.");
        }
    }

    private static void RequireReservations(IReadOnlyDictionary<string, string> reserved, string name, OptionFaults faults)
    {
        foreach (var (resource, amount) in reserved)
        {
            faults.Require(Reservable.Contains(resource), $"{name} has {resource}; there are {string.Join(", ", Reservable)}.");
            faults.Require(
                Quantity.TryParse(amount ?? "", out var quantity) && quantity.Sign >= 0, $"{name} has \"{amount}\" for {resource}, which must be an amount such as 500m or 1Gi.");
        }
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    private static partial Regex NamePattern();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex DomainPattern();
}
