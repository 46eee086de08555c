using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Services;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Completes a service's IP families and family policy from its other fields, and refuses families that the cluster does not have.
/// Service addresses here are IPv4 only.
/// </summary>
/// <remarks>See initIPFamilyFields in k8s.io/kubernetes/pkg/registry/core/service/storage.</remarks>
internal static class ServiceFamilies
{
    private const string Own = "IPv4";
    private const string Other = "IPv6";
    private const string SingleStack = "SingleStack";
    private const string RequireDualStack = "RequireDualStack";

    /// <summary>Completes a spec in place.</summary>
    /// <param name="spec">The new service; it has cluster IPs, unlike an ExternalName service.</param>
    /// <param name="current">The present service; null for a new one.</param>
    /// <returns>The faults of the spec.</returns>
    public static FieldErrors Complete(V1ServiceSpec spec, V1ServiceSpec? current)
    {
        var errors = new FieldErrors();
        if (current is not null && IsSettled(spec, current))
            return errors;
        var isHeadlessWithoutSelector = ServiceFacts.IsHeadless(spec) && spec.Selector is null or { Count: 0 };
        spec.IpFamilyPolicy ??= current?.IpFamilyPolicy ?? (isHeadlessWithoutSelector ? RequireDualStack : SingleStack);
        var addresses = spec.ClusterIPs ?? [];
        var families = spec.IpFamilies ?? [];

        // Validation reports malformed values.
        if (families.Any(family => family is not (Own or Other)) || families.Distinct().Count() < families.Count
            || addresses.Count > 2 || addresses.Any(address => address != ServiceFacts.NoAddress && AddressSyntax.FamilyOf(address) is null))
        {
            return errors;
        }

        if (current is not null)
            (addresses, families) = Reduce(spec, current, addresses, families, errors);
        var policy = FieldPath.Spec.Child("ipFamilyPolicy");
        if (spec.IpFamilyPolicy == SingleStack && addresses.Count == 2)
            errors.Invalid(policy, spec.IpFamilyPolicy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified");
        if (spec.IpFamilyPolicy == SingleStack && families.Count == 2)
            errors.Invalid(policy, spec.IpFamilyPolicy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified");
        families = [.. families, .. Infer(addresses, families.Count, errors)];
        if (!errors.IsEmpty)
            return errors;

        if (families.Count == 0)
            families = [Own];
        if (isHeadlessWithoutSelector)
        {
            // A headless service without a selector may use any family: the cluster does not handle its endpoints.
            if (families.Count == 1 && spec.IpFamilyPolicy != SingleStack)
                families = [families[0], families[0] == Own ? Other : Own];
        }
        else
        {
            CheckConfigured(spec, families, errors);
        }

        spec.IpFamilies = families;
        return errors;
    }

    /// <summary>Whether an update leaves the families and the policy as they were settled.</summary>
    private static bool IsSettled(V1ServiceSpec spec, V1ServiceSpec current) =>
        spec.IpFamilyPolicy == "PreferDualStack" && current.IpFamilyPolicy == "PreferDualStack"
        && spec.IpFamilies is { Count: > 0 } && current.IpFamilies is { Count: > 0 }
        && spec.ClusterIPs is { Count: > 0 } && current.ClusterIPs is { Count: > 0 }
        && spec.IpFamilies.SequenceEqual(current.IpFamilies) && spec.ClusterIPs.SequenceEqual(current.ClusterIPs);

    /// <summary>Removes the second address and family when the policy no longer asks for two.</summary>
    private static (IList<string> Addresses, IList<string> Families) Reduce(
        V1ServiceSpec spec, V1ServiceSpec current, IList<string> addresses, IList<string> families, FieldErrors errors)
    {
        var (oldAddresses, oldFamilies) = (current.ClusterIPs ?? [], current.IpFamilies ?? []);
        if (spec.IpFamilyPolicy == SingleStack)
        {
            if (addresses.Count > 1 && addresses.SequenceEqual(oldAddresses))
                spec.ClusterIPs = addresses = [addresses[0]];
            if (families.Count > 1 && families.SequenceEqual(oldFamilies))
                families = [families[0]];
            return (addresses, families);
        }

        var path = FieldPath.Spec.Child("ipFamilyPolicy");
        if (addresses.Count == 1 && oldAddresses.Count == 2 && addresses[0] == oldAddresses[0])
            errors.Invalid(path, spec.IpFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP");
        if (families.Count == 1 && oldFamilies.Count == 2 && families[0] == oldFamilies[0])
            errors.Invalid(path, spec.IpFamilyPolicy, "must be 'SingleStack' to release the secondary IP family");
        return (addresses, families);
    }

    /// <summary>The families of the addresses that have none yet.</summary>
    private static List<string> Infer(IList<string> addresses, int known, FieldErrors errors)
    {
        var inferred = new List<string>();
        for (var i = known; i < addresses.Count && addresses[i] != ServiceFacts.NoAddress; i++)
        {
            var family = AddressSyntax.FamilyOf(addresses[i])!;
            if (family != Own)
                errors.Invalid(FieldPath.Spec.Child("clusterIPs").Index(i), addresses, $"{family} is not configured on this cluster");
            else
                inferred.Add(family);
        }

        return inferred;
    }

    private static void CheckConfigured(V1ServiceSpec spec, IList<string> families, FieldErrors errors)
    {
        if (spec.IpFamilyPolicy == RequireDualStack)
            errors.Invalid(FieldPath.Spec.Child("ipFamilyPolicy"), spec.IpFamilyPolicy, "this cluster is not configured for dual-stack services");
        for (var i = 0; i < families.Count; i++)
        {
            if (families[i] != Own)
                errors.Invalid(FieldPath.Spec.Child("ipFamilies").Index(i), families[i], "not configured on this cluster");
        }
    }
}
