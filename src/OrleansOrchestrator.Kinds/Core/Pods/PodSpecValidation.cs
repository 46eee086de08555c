using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates pod specs, in pods and in templates.</summary>
/// <remarks>See ValidatePodSpec in k8s.io/kubernetes/pkg/apis/core/validation; faults come in the same order.</remarks>
internal static class PodSpecValidation
{
    private static readonly string[] RestartPolicies = ["Always", "OnFailure", "Never"];
    private static readonly string[] DnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    private static readonly string[] PreemptionPolicies = ["Never", "PreemptLowerPriority"];

    /// <param name="spec">The spec; null is a fault.</param>
    /// <param name="path">The path of the field.</param>
    /// <param name="isTemplate">Whether this is a template, in which the defaults of pods may be missing.</param>
    /// <param name="errors">Receives the faults.</param>
    public static void Validate(V1PodSpec? spec, FieldPath path, bool isTemplate, FieldErrors errors)
    {
        if (spec is null)
        {
            errors.Required(path.Child("containers"));
            return;
        }

        VolumeValidation.Validate(spec.Volumes, path.Child("volumes"), errors);
        ContainerListValidation.Validate(spec, path, errors);
        ValidateHostPorts(spec, path.Child("containers"), isTemplate, errors);
        ChoiceRules.ValidateRequired(spec.RestartPolicy, RestartPolicies, path.Child("restartPolicy"), errors);
        ChoiceRules.ValidateRequired(spec.DnsPolicy, DnsPolicies, path.Child("dnsPolicy"), errors);
        ObjectMetaValidation.ValidateLabels(spec.NodeSelector, path.Child("nodeSelector"), errors);
        SecurityContextValidation.Validate(spec, path, errors);
        AffinityValidation.Validate(spec.Affinity, path.Child("affinity"), errors);
        PodNetworkValidation.Validate(spec, path, errors);
        PlacementValidation.Validate(spec, path, errors);
        OperatingSystemValidation.Validate(spec, path, errors);
        ValidateNames(spec, path, errors);
        if (spec.ActiveDeadlineSeconds is < 1 or > int.MaxValue)
            errors.Invalid(path.Child("activeDeadlineSeconds"), spec.ActiveDeadlineSeconds, "must be between 1 and 2147483647, inclusive");
        TaintRules.ValidateTolerations(spec.Tolerations, path.Child("tolerations"), errors);
        ChoiceRules.ValidateOptional(spec.PreemptionPolicy, PreemptionPolicies, path.Child("preemptionPolicy"), errors);
        ResourceAmountRules.ValidateAmounts(spec.Overhead, path.Child("overhead"), errors);
    }

    private static void ValidateHostPorts(V1PodSpec spec, FieldPath path, bool isTemplate, FieldErrors errors)
    {
        if (spec.HostNetwork != true)
            return;
        for (var i = 0; i < spec.Containers.OrNone().Count; i++)
        {
            var ports = spec.Containers[i].Ports.OrNone();
            for (var j = 0; j < ports.Count; j++)
            {
                var hostPort = ports[j].HostPort ?? 0;

                // A template may leave it out: the pod's defaults fill it in.
                if (hostPort != ports[j].ContainerPort && !(isTemplate && hostPort == 0))
                {
                    errors.Invalid(path.Index(i).Child("ports").Index(j).Child("hostPort"), hostPort,
                        "must match `containerPort` when `hostNetwork` is true");
                }
            }
        }
    }

    private static void ValidateNames(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        ValidateSubdomain(spec.ServiceAccountName, path.Child("serviceAccountName"), errors);
        ValidateSubdomain(spec.NodeName, path.Child("nodeName"), errors);
        ValidateSubdomain(spec.PriorityClassName, path.Child("priorityClassName"), errors);
        ValidateSubdomain(spec.RuntimeClassName, path.Child("runtimeClassName"), errors);
    }

    private static void ValidateSubdomain(string? name, FieldPath path, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(name))
            errors.Invalid(path, name, NameRules.IsDns1123Subdomain(name));
    }
}
