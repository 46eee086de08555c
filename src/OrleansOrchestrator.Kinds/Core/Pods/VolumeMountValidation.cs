using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates the mounts of volumes in a container.</summary>
internal static class VolumeMountValidation
{
    private static readonly string[] Propagations = ["Bidirectional", "HostToContainer", "None"];
    private static readonly string[] RecursiveModes = ["Disabled", "Enabled", "IfPossible"];

    public static void Validate(V1Container container, IList<V1Volume>? volumes, FieldPath path, FieldErrors errors)
    {
        var mounts = container.VolumeMounts.OrNone();
        for (var i = 0; i < mounts.Count; i++)
        {
            var mount = mounts[i];
            var at = path.Index(i);
            if (string.IsNullOrEmpty(mount.Name))
                errors.Required(at.Child("name"));
            if (!HasVolume(volumes, mount.Name))
                errors.NotFound(at.Child("name"), mount.Name ?? "");
            if (string.IsNullOrEmpty(mount.MountPath))
                errors.Required(at.Child("mountPath"));
            else if (IsTaken(mounts, i))
                errors.Invalid(at.Child("mountPath"), mount.MountPath, "must be unique");
            if (container.VolumeDevices.OrNone().Any(device => device.Name == mount.Name))
                errors.Invalid(at.Child("name"), mount.Name, "must not already exist in volumeDevices");
            if (container.VolumeDevices.OrNone().Any(device => device.DevicePath == mount.MountPath))
                errors.Invalid(at.Child("mountPath"), mount.MountPath, "must not already exist as a path in volumeDevices");
            ValidateSubPath(mount, at, errors);
            ValidatePropagation(mount.MountPropagation, container, at.Child("mountPropagation"), errors);
            ValidateRecursive(mount, at.Child("recursiveReadOnly"), errors);
        }
    }

    private static void ValidateRecursive(V1VolumeMount mount, FieldPath path, FieldErrors errors)
    {
        if (mount.RecursiveReadOnly is not { } mode || mode == "Disabled")
            return;
        if (!RecursiveModes.Contains(mode))
        {
            errors.NotSupported(path, mode, RecursiveModes);
            return;
        }

        if (mount.ReadOnlyProperty != true)
            errors.Forbidden(path, "may only be specified when readOnly is true");
        if (mount.MountPropagation is not (null or "None"))
            errors.Forbidden(path, "may only be specified when mountPropagation is None or not specified");
    }

    private static void ValidateSubPath(V1VolumeMount mount, FieldPath path, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(mount.SubPath))
            PathRules.ValidateDescending(mount.SubPath, path.Child("subPath"), errors);
        if (string.IsNullOrEmpty(mount.SubPathExpr))
            return;
        if (!string.IsNullOrEmpty(mount.SubPath))
            errors.Invalid(path.Child("subPathExpr"), mount.SubPathExpr, "subPathExpr and subPath are mutually exclusive");
        PathRules.ValidateDescending(mount.SubPathExpr, path.Child("subPathExpr"), errors);
    }

    private static void ValidatePropagation(string? propagation, V1Container container, FieldPath path, FieldErrors errors)
    {
        if (propagation is null)
            return;
        if (!Propagations.Contains(propagation))
            errors.NotSupported(path, propagation, Propagations);
        else if (propagation == "Bidirectional" && container.SecurityContext?.Privileged != true)
            errors.Forbidden(path, "Bidirectional mount propagation is available only to privileged containers");
    }

    private static bool IsTaken(IList<V1VolumeMount> mounts, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (mounts[i].MountPath == mounts[index].MountPath)
                return true;
        }

        return false;
    }

    private static bool HasVolume(IList<V1Volume>? volumes, string? name)
    {
        foreach (var volume in volumes.OrNone())
        {
            if (volume.Name == name)
                return true;
        }

        return false;
    }
}
