using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates additions to a pod's ephemeral containers: those that it has stay as they are.</summary>
/// <remarks>See ValidatePodEphemeralContainersUpdate in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class EphemeralContainerValidation
{
    private const string NotForEphemeral = "cannot be set for an Ephemeral Container";

    public static void Validate(V1Pod updated, V1Pod current, FieldErrors errors)
    {
        if (current.IsMirror)
            errors.Forbidden(FieldPath.Root("[]"), "static pods do not support ephemeral containers");
        else
            Validate(updated.Spec, current.Spec, errors);
    }

    private static void Validate(V1PodSpec updated, V1PodSpec current, FieldErrors errors)
    {
        var path = FieldPath.Spec.Child("ephemeralContainers");
        var others = updated.Containers.OrNone().Concat(updated.InitContainers.OrNone()).Select(container => container.Name).ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(others, StringComparer.Ordinal);
        foreach (var (index, container) in updated.EphemeralContainers.OrNone().Index())
            ValidateOne(container, updated, others, names, path.Index(index), errors);

        foreach (var old in current.EphemeralContainers.OrNone())
        {
            var kept = updated.EphemeralContainers.OrNone().FirstOrDefault(container => container.Name == old.Name);
            if (kept is null)
                errors.Forbidden(path, $"existing ephemeral containers \"{old.Name}\" may not be removed\n");
            else if (!SemanticEquality.Equal(kept, old))
                errors.Forbidden(path, $"existing ephemeral containers \"{old.Name}\" may not be changed\n{FieldDifference.Describe(old, kept)}");
        }
    }

    private static void ValidateOne(V1EphemeralContainer ephemeral, V1PodSpec spec, HashSet<string> others, HashSet<string> names, FieldPath path, FieldErrors errors)
    {
        if (ephemeral.TargetContainerName is { Length: > 0 } target && !others.Contains(target))
            errors.NotFound(path.Child("targetContainerName"), target);
        var container = ephemeral.AsOther();
        ContainerValidation.Validate(container, spec, path, errors);
        if (!string.IsNullOrEmpty(container.Name) && !names.Add(container.Name))
            errors.Duplicate(path.Child("name"), container.Name);

        Forbid(container.Ports is { Count: > 0 }, "ports");
        Forbid(container.Resources is { Limits.Count: > 0 } or { Requests.Count: > 0 } or { Claims.Count: > 0 }, "resources");
        Forbid(container.ResizePolicy is { Count: > 0 }, "resizePolicy");
        Forbid(!string.IsNullOrEmpty(container.RestartPolicy), "restartPolicy");
        Forbid(container.VolumeDevices is { Count: > 0 }, "volumeDevices");
        Forbid(container.LivenessProbe is not null, "livenessProbe");
        Forbid(container.ReadinessProbe is not null, "readinessProbe");
        Forbid(container.StartupProbe is not null, "startupProbe");
        Forbid(container.Lifecycle is not null, "lifecycle");
        foreach (var (index, mount) in container.VolumeMounts.OrNone().Index())
        {
            var at = path.Child("volumeMounts").Index(index);
            if (!string.IsNullOrEmpty(mount.SubPath))
                errors.Forbidden(at.Child("subPath"), NotForEphemeral);
            if (!string.IsNullOrEmpty(mount.SubPathExpr))
                errors.Forbidden(at.Child("subPathExpr"), NotForEphemeral);
        }

        void Forbid(bool isSet, string field)
        {
            if (isSet)
                errors.Forbidden(path.Child(field), NotForEphemeral);
        }
    }
}
