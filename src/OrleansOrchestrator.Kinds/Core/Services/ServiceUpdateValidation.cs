using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>Validates updates of services: an address stays, because clients rely on it.</summary>
internal static class ServiceUpdateValidation
{
    private const string Fixed = "may not change once set";

    public static void Validate(V1ServiceSpec updated, V1ServiceSpec current, FieldErrors errors)
    {
        if (ServiceFacts.NeedsHealthCheck(updated) && ServiceFacts.NeedsHealthCheck(current)
            && (updated.HealthCheckNodePort ?? 0) != (current.HealthCheckNodePort ?? 0))
        {
            errors.Forbidden(FieldPath.Spec.Child("healthCheckNodePort"), "field is immutable");
        }

        if (!ServiceFacts.NeedsClusterIP(updated) || !ServiceFacts.NeedsClusterIP(current))
            return;
        ValidateList(updated.ClusterIPs, current.ClusterIPs, "primary clusterIP can not be unset", FieldPath.Spec.Child("clusterIPs"), errors);
        ValidateList(updated.IpFamilies, current.IpFamilies, "primary ipFamily can not be unset", FieldPath.Spec.Child("ipFamilies"), errors);
        if (current.Type == "LoadBalancer" && updated.Type == "LoadBalancer" && updated.LoadBalancerClass != current.LoadBalancerClass)
            errors.Invalid(FieldPath.Spec.Child("loadBalancerClass"), updated.LoadBalancerClass, Fixed);
    }

    // A second family may be added or removed. The values in common stay.
    private static void ValidateList(IList<string>? updated, IList<string>? current, string unset, FieldPath path, FieldErrors errors)
    {
        if (current.OrNone().Count > 0 && updated.OrNone().Count == 0)
        {
            errors.Invalid(path.Index(0), updated.OrNone(), unset);
            return;
        }

        for (var i = 0; i < Math.Min(updated.OrNone().Count, current.OrNone().Count); i++)
        {
            if (updated![i] != current![i])
                errors.Invalid(path.Index(i), updated, Fixed);
        }
    }
}
