using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates the containers of a pod together.</summary>
internal static class ContainerListValidation
{
    private const string OnlySidecars = "may not be set for init containers without restartPolicy=Always";

    public static void Validate(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        ValidateContainers(spec, names, path.Child("containers"), errors);
        ValidateInitContainers(spec, names, path.Child("initContainers"), errors);
    }

    private static void ValidateContainers(V1PodSpec spec, HashSet<string> names, FieldPath path, FieldErrors errors)
    {
        var containers = spec.Containers.OrNone();
        if (containers.Count == 0)
            errors.Required(path);
        for (var i = 0; i < containers.Count; i++)
        {
            var at = path.Index(i);
            ContainerValidation.Validate(containers[i], spec, at, errors);
            ValidateUnique(containers[i], names, at, errors);
            ProbeValidation.ValidateAll(containers[i], spec.TerminationGracePeriodSeconds, at, errors);
            if (!string.IsNullOrEmpty(containers[i].RestartPolicy))
                errors.Forbidden(at.Child("restartPolicy"), "may not be set for non-init containers");
        }

        ValidateHostPortsDiffer(containers, path, errors);
    }

    private static void ValidateInitContainers(V1PodSpec spec, HashSet<string> names, FieldPath path, FieldErrors errors)
    {
        var containers = spec.InitContainers.OrNone();
        for (var i = 0; i < containers.Count; i++)
        {
            var container = containers[i];
            var at = path.Index(i);
            ContainerValidation.Validate(container, spec, at, errors);
            ValidateUnique(container, names, at, errors);
            if (!string.IsNullOrEmpty(container.RestartPolicy) && container.RestartPolicy != "Always")
                errors.NotSupported(at.Child("restartPolicy"), container.RestartPolicy, "Always");
            if (container.IsSidecar)
                ProbeValidation.ValidateAll(container, spec.TerminationGracePeriodSeconds, at, errors);
            else
                ForbidProbes(container, at, errors);
        }
    }

    private static void ForbidProbes(V1Container container, FieldPath path, FieldErrors errors)
    {
        if (container.Lifecycle is not null)
            errors.Forbidden(path.Child("lifecycle"), OnlySidecars);
        if (container.LivenessProbe is not null)
            errors.Forbidden(path.Child("livenessProbe"), OnlySidecars);
        if (container.ReadinessProbe is not null)
            errors.Forbidden(path.Child("readinessProbe"), OnlySidecars);
        if (container.StartupProbe is not null)
            errors.Forbidden(path.Child("startupProbe"), OnlySidecars);
    }

    private static void ValidateUnique(V1Container container, HashSet<string> names, FieldPath path, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(container.Name) && !names.Add(container.Name))
            errors.Duplicate(path.Child("name"), container.Name);
    }

    private static void ValidateHostPortsDiffer(IList<V1Container> containers, FieldPath path, FieldErrors errors)
    {
        HashSet<string>? taken = null;
        for (var i = 0; i < containers.Count; i++)
        {
            var ports = containers[i].Ports.OrNone();
            for (var j = 0; j < ports.Count; j++)
            {
                if (ports[j].HostPort is null or 0)
                    continue;
                taken ??= new HashSet<string>(StringComparer.Ordinal);
                var claim = string.Create(CultureInfo.InvariantCulture, $"{ports[j].Protocol}/{ports[j].HostIP}/{ports[j].HostPort}");
                if (!taken.Add(claim))
                    errors.Duplicate(path.Index(i).Child("ports").Index(j).Child("hostPort"), claim);
            }
        }
    }
}
