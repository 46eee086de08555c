using System.Globalization;
using System.Text.RegularExpressions;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>Finds everything that is wrong with the options of an agent.</summary>
public static partial class NodeAgentOptionsValidator
{
    /// <summary>Lists all faults; empty if the options are good.</summary>
    /// <param name="options">The options to check.</param>
    /// <returns>One sentence for each fault, naming the option.</returns>
    public static IReadOnlyList<string> Validate(NodeAgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = new List<string>();
        Require(NamePattern().IsMatch(options.Name) && options.Name.Length <= 63, "Name must be a DNS label: lower-case letters, digits, '-', '.'.");
        Require(options.DataDirectory.Length > 0, "DataDirectory must name a folder.");
        Require(options.Index >= 0, "Index must not be negative.");
        Require(options.Port is >= 0 and <= 65535, "Port must be between 0 and 65535.");
        Require(options.AdvertiseAddress is null || AddressSyntax.FamilyOf(options.AdvertiseAddress) is not null, "AdvertiseAddress must be an IP address.");
        Require(options.MaxPods > 0, "MaxPods must be positive.");
        Require(options.StartsInParallel > 0, "StartsInParallel must be positive.");
        Require(options.ProxyPortsMax > 0, "ProxyPortsMax must be positive.");
        Require(options.ProxyConnectionsMax > 0, "ProxyConnectionsMax must be positive.");
        Require(options.ProxyServicePortsMax > 0, "ProxyServicePortsMax must be positive.");
        Require(options.ProxyServiceConnectionsMax > 0, "ProxyServiceConnectionsMax must be positive.");
        Require(options.ProxyServiceSessionsMax > 0, "ProxyServiceSessionsMax must be positive.");
        Require(options.ServiceVariablesBytesMax > 0, "ServiceVariablesBytesMax must be positive.");
        Require(options.LeaseRenewInterval > TimeSpan.Zero, "LeaseRenewInterval must be positive.");
        Require(options.LeaseDuration > 2 * options.LeaseRenewInterval, "LeaseDuration must be more than twice LeaseRenewInterval, so that one lost renewal does no harm.");
        Require(options.FencingTime > 2 * options.LeaseRenewInterval, "FencingTime must be more than twice LeaseRenewInterval, so that one lost renewal stops no pod.");
        Require(
            options.FencingTime + options.FencingStopTime < options.LeaseDuration + options.UnreachableToleration,
            string.Create(CultureInfo.InvariantCulture, $"FencingTime + FencingStopTime ({(options.FencingTime + options.FencingStopTime).TotalSeconds} s) must be less than LeaseDuration + UnreachableToleration ({(options.LeaseDuration + options.UnreachableToleration).TotalSeconds} s), or a pod could run twice."));
        Require(options.VoteTime > TimeSpan.Zero && options.GrantTime > TimeSpan.Zero, "VoteTime and GrantTime must be positive.");
        Require(options.SyncPeriod > TimeSpan.Zero, "SyncPeriod must be positive.");
        Require(options.StatusPeriod > TimeSpan.Zero, "StatusPeriod must be positive.");
        Require(options.RestartDelay > TimeSpan.Zero && options.RestartDelay <= options.RestartDelayMax, "RestartDelay must be positive and at most RestartDelayMax.");
        Require(AddressSyntax.TryParseNetwork(options.ServiceCidr, out _), "ServiceCidr must be an address range such as 10.96.0.0/16.");
        Require(options.NodePortAddresses.All(a => AddressSyntax.FamilyOf(a) is not null), "NodePortAddresses must be IP addresses.");
        return faults;

        void Require(bool holds, string fault)
        {
            if (!holds)
                faults.Add(fault);
        }
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    private static partial Regex NamePattern();
}
