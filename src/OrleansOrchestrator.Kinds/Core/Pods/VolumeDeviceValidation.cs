using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates the volumes that a container gets as block devices.</summary>
/// <remarks>See ValidateVolumeDevices in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class VolumeDeviceValidation
{
    public static void Validate(V1Container container, IList<V1Volume>? volumes, FieldPath path, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, device) in container.VolumeDevices.OrNone().Index())
        {
            var at = path.Index(index);
            ValidateName(device.Name ?? "", names, container, volumes, at.Child("name"), errors);
            ValidatePath(device.DevicePath ?? "", paths, container, at.Child("devicePath"), errors);
        }
    }

    private static void ValidateName(string name, HashSet<string> names, V1Container container, IList<V1Volume>? volumes, FieldPath path, FieldErrors errors)
    {
        if (name.Length == 0)
            errors.Required(path);
        else if (!names.Add(name))
            errors.Invalid(path, name, "must be unique");
        var volume = volumes.OrNone().FirstOrDefault(volume => volume.Name == name);
        if (volume is null)
            errors.NotFound(path, name);
        else if (volume.PersistentVolumeClaim is null && volume.Ephemeral is null)
            errors.Invalid(path, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
        if (container.VolumeMounts.OrNone().Any(mount => mount.Name == name))
            errors.Invalid(path, name, "must not already exist in volumeMounts");
    }

    private static void ValidatePath(string device, HashSet<string> paths, V1Container container, FieldPath path, FieldErrors errors)
    {
        if (device.Length == 0)
            errors.Required(path);
        else if (paths.Contains(device))
            errors.Invalid(path, device, "must be unique");
        if (device.Split('/').Contains(".."))
            errors.Invalid(path, device, "can not contain backsteps ('..')");
        else
            paths.Add(device);
        if (container.VolumeMounts.OrNone().Any(mount => mount.MountPath == device))
            errors.Invalid(path, device, "must not already exist as a path in volumeMounts");
    }
}
