using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>Validates services.</summary>
/// <remarks>See ValidateService in k8s.io/kubernetes/pkg/apis/core/validation; faults come in the same order.</remarks>
internal static class ServiceValidation
{
    private const int AffinityTimeoutSecondsMax = 86_400;

    private static readonly string[] Types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    private static readonly string[] Affinities = ["ClientIP", "None"];
    private static readonly string[] TrafficPolicies = ["Cluster", "Local"];
    private static readonly string[] FamilyPolicies = ["SingleStack", "PreferDualStack", "RequireDualStack"];

    public static void Validate(V1ServiceSpec? spec, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        if (spec is null)
        {
            errors.Required(path.Child("ports"));
            return;
        }

        if (spec.Ports.OrNone().Count == 0 && !ServiceFacts.IsHeadless(spec) && spec.Type != "ExternalName")
            errors.Required(path.Child("ports"));
        ValidateType(spec, path, errors);
        ServicePortValidation.ValidateEach(spec, path.Child("ports"), errors);
        ObjectMetaValidation.ValidateLabels(spec.Selector, path.Child("selector"), errors);
        ValidateAffinity(spec, path, errors);
        ValidateAddresses(spec, path, errors);
        foreach (var (index, address) in spec.ExternalIPs.OrNone().Index())
            AddressRules.ValidateReachable(address, path.Child("externalIPs").Index(index), errors);
        ChoiceRules.ValidateRequired(spec.Type, Types, path.Child("type"), errors);
        ServicePortValidation.ValidateTogether(spec, path.Child("ports"), errors);
        ValidateTraffic(spec, path, errors);
    }

    private static void ValidateType(V1ServiceSpec spec, FieldPath path, FieldErrors errors)
    {
        switch (spec.Type)
        {
            case "LoadBalancer" or "NodePort":
                if (ServiceFacts.IsHeadless(spec))
                    errors.Invalid(path.Child("clusterIPs").Index(0), spec.ClusterIP, $"may not be set to 'None' for {spec.Type} services");
                break;
            case "ExternalName":
                ValidateExternalName(spec, path, errors);
                break;
        }
    }

    private static void ValidateExternalName(V1ServiceSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.ClusterIPs.OrNone().Count > 0)
            errors.Forbidden(path.Child("clusterIPs"), "may not be set for ExternalName services");
        if (spec.IpFamilies.OrNone().Count > 0)
            errors.Forbidden(path.Child("ipFamilies"), "may not be set for ExternalName services");
        if (spec.IpFamilyPolicy is not null)
            errors.Forbidden(path.Child("ipFamilyPolicy"), "may not be set for ExternalName services");

        // An absolute name may end in a dot.
        var name = spec.ExternalName ?? "";
        name = name.EndsWith('.') ? name[..^1] : name;
        if (name.Length == 0)
            errors.Required(path.Child("externalName"));
        else
            errors.Invalid(path.Child("externalName"), name, NameRules.IsDns1123Subdomain(name));
    }

    private static void ValidateAffinity(V1ServiceSpec spec, FieldPath path, FieldErrors errors)
    {
        ChoiceRules.ValidateRequired(spec.SessionAffinity, Affinities, path.Child("sessionAffinity"), errors);
        var config = path.Child("sessionAffinityConfig");
        if (spec.SessionAffinity == "None" && spec.SessionAffinityConfig is not null)
            errors.Forbidden(config, "must not be set when session affinity is None");
        if (spec.SessionAffinity != "ClientIP")
            return;
        if (spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is not { } seconds)
            errors.Required(config, "when session affinity type is ClientIP");
        else if (seconds is <= 0 or > AffinityTimeoutSecondsMax)
            errors.Invalid(config.Child("clientIP").Child("timeoutSeconds"), seconds, $"must be greater than 0 and less than {AffinityTimeoutSecondsMax}");
    }

    private static void ValidateAddresses(V1ServiceSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.Type == "ExternalName")
            return;
        ChoiceRules.ValidateOptional(spec.IpFamilyPolicy, FamilyPolicies, path.Child("ipFamilyPolicy"), errors);
        ValidateFamilies(spec.IpFamilies.OrNone(), path.Child("ipFamilies"), errors);
        var at = path.Child("clusterIPs");
        var addresses = spec.ClusterIPs.OrNone();
        if (addresses.Count == 0)
        {
            if (!string.IsNullOrEmpty(spec.ClusterIP))
                errors.Required(at);
            return;
        }

        if (addresses[0] != spec.ClusterIP)
            errors.Invalid(at, addresses, "first value must match `clusterIP`");
        if (addresses.Count > 2)
            errors.Invalid(at, addresses, "may only hold up to 2 values");
        for (var i = 0; i < addresses.Count; i++)
        {
            if (i == 0 && addresses[i] == ServiceFacts.NoAddress)
            {
                if (addresses.Count > 1)
                    errors.Invalid(at, addresses, "'None' must be the first and only value");
                continue;
            }

            errors.Invalid(at.Index(i), addresses[i], NameRules.IsValidIP(addresses[i]));
        }

        ValidateFamiliesOf(addresses, spec.IpFamilies.OrNone(), at, errors);
    }

    private static void ValidateFamiliesOf(IList<string> addresses, IList<string> families, FieldPath at, FieldErrors errors)
    {
        var known = addresses.Select(AddressSyntax.FamilyOf).ToList();
        if (known.Contains(null))
            return;
        if (known.Count == 2 && known[0] == known[1])
            errors.Invalid(at, addresses, "may specify no more than one IP for each IP family");
        for (var i = 0; i < Math.Min(known.Count, families.Count); i++)
        {
            if (families[i] is "IPv4" or "IPv6" && known[i] != families[i])
                errors.Invalid(at.Index(i), addresses[i], $"expected an {families[i]} value as indicated by `ipFamilies[{i}]`");
        }
    }

    private static void ValidateFamilies(IList<string> families, FieldPath path, FieldErrors errors)
    {
        if (families.Count > 2)
            errors.Invalid(path, families, "may only hold up to 2 values");
        for (var i = 0; i < families.Count; i++)
        {
            if (families[i] is not ("IPv4" or "IPv6"))
                errors.NotSupported(path.Index(i), families[i], "IPv4", "IPv6");
            if (families.Take(i).Contains(families[i]))
                errors.Duplicate(path.Index(i), families[i]);
        }
    }

    private static void ValidateTraffic(V1ServiceSpec spec, FieldPath path, FieldErrors errors)
    {
        AddressRules.ValidateRanges(spec.LoadBalancerSourceRanges.OrNone(), path.Child("LoadBalancerSourceRanges").Index, errors);
        if (spec.Type != "LoadBalancer")
        {
            if (spec.LoadBalancerSourceRanges.OrNone().Count > 0)
                errors.Forbidden(path.Child("LoadBalancerSourceRanges"), "may only be used when `type` is 'LoadBalancer'");
            if (spec.AllocateLoadBalancerNodePorts is not null)
                errors.Forbidden(path.Child("allocateLoadBalancerNodePorts"), "may only be used when `type` is 'LoadBalancer'");
            if (spec.LoadBalancerClass is not null)
                errors.Forbidden(path.Child("loadBalancerClass"), "may only be used when `type` is 'LoadBalancer'");
        }

        var healthCheck = path.Child("healthCheckNodePort");
        var healthPort = spec.HealthCheckNodePort ?? 0;
        if (healthPort < 0)
            errors.Invalid(healthCheck, healthPort, "must be greater than or equal to 0");
        else if (healthPort != 0 && ServiceFacts.NeedsHealthCheck(spec))
            PortRules.ValidateNumber(healthPort, healthCheck, errors);
        else if (healthPort != 0)
            errors.Invalid(healthCheck, healthPort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");

        var external = path.Child("externalTrafficPolicy");
        if (ServiceFacts.IsExternallyAccessible(spec))
            ChoiceRules.ValidateRequired(spec.ExternalTrafficPolicy, TrafficPolicies, external, errors);
        else if (!string.IsNullOrEmpty(spec.ExternalTrafficPolicy))
            errors.Invalid(external, spec.ExternalTrafficPolicy, "may only be set for externally-accessible services");
        if (spec.Type != "ExternalName")
            ChoiceRules.ValidateRequired(spec.InternalTrafficPolicy, TrafficPolicies, path.Child("internalTrafficPolicy"), errors);
        if (spec.TrafficDistribution is not null and not "PreferClose")
            errors.NotSupported(path.Child("trafficDistribution"), spec.TrafficDistribution, "PreferClose");
    }
}
