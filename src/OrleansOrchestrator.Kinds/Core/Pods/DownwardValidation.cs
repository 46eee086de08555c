using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates references of a container to fields of its own pod (downward API).</summary>
internal static class DownwardValidation
{
    /// <summary>The fields for environment variables.</summary>
    public static readonly string[] EnvironmentFields =
    [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ];

    /// <summary>The fields for files.</summary>
    public static readonly string[] VolumeFields =
        ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

    private static readonly string[] KnownFields =
        [.. EnvironmentFields, .. VolumeFields, "spec.restartPolicy", "spec.schedulerName", "status.phase"];

    private static readonly string[] Resources =
    [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory",
        "requests.cpu", "requests.ephemeral-storage", "requests.memory",
    ];

    private static readonly string[] CpuDivisors = ["1m", "1"];
    private static readonly string[] ByteDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

    public static void ValidateField(V1ObjectFieldSelector field, string[] supported, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(field.ApiVersion))
        {
            errors.Required(path.Child("apiVersion"));
            return;
        }

        if (string.IsNullOrEmpty(field.FieldPath))
        {
            errors.Required(path.Child("fieldPath"));
            return;
        }

        var (name, subscript) = SplitSubscript(field.FieldPath);
        if (subscript is not null)
        {
            ValidateSubscript(name, subscript, path, errors);
            return;
        }

        if (field.ApiVersion != "v1")
            errors.Invalid(path.Child("fieldPath"), field.FieldPath, $"error converting fieldPath: unsupported pod version: {field.ApiVersion}");
        else if (!KnownFields.Contains(name))
            errors.Invalid(path.Child("fieldPath"), field.FieldPath, $"error converting fieldPath: field label not supported: {name}");
        else if (!supported.Contains(name))
            errors.NotSupported(path.Child("fieldPath"), name, supported);
    }

    public static void ValidateResource(V1ResourceFieldSelector selector, bool isVolume, FieldPath path, FieldErrors errors)
    {
        if (isVolume && string.IsNullOrEmpty(selector.ContainerName))
            errors.Required(path.Child("containerName"));
        else if (string.IsNullOrEmpty(selector.Resource))
            errors.Required(path.Child("resource"));
        else if (!Resources.Contains(selector.Resource) && !IsHugePages(selector.Resource))
            errors.NotSupported(path.Child("resource"), selector.Resource, Resources);
        else
            ValidateDivisor(selector, path.Child("divisor"), errors);
    }

    private static void ValidateSubscript(string name, string subscript, FieldPath path, FieldErrors errors)
    {
        if (name == "metadata.labels")
            errors.Invalid(path, subscript, NameRules.IsQualifiedName(subscript));
        else if (name == "metadata.annotations")
            errors.Invalid(path, subscript, NameRules.IsQualifiedName(subscript.ToLowerInvariant()));
        else
            errors.Invalid(path, name, "does not support subscript");
    }

    private static void ValidateDivisor(V1ResourceFieldSelector selector, FieldPath path, FieldErrors errors)
    {
        var divisor = Quantity.From(selector.Divisor);
        if (divisor.IsZero)
            return;
        var isCpu = selector.Resource.EndsWith(".cpu", StringComparison.Ordinal);
        var supported = isCpu ? CpuDivisors : ByteDivisors;
        if (supported.Contains(divisor.ToString()))
            return;
        var resource = selector.Resource[(selector.Resource.IndexOf('.', StringComparison.Ordinal) + 1)..];
        errors.Invalid(path, divisor.ToString(), isCpu
            ? "only divisor's values 1m and 1 are supported with the cpu resource"
            : $"only divisor's values {string.Join(", ", supported)} are supported with the {resource} resource");
    }

    private static (string Name, string? Subscript) SplitSubscript(string fieldPath)
    {
        var open = fieldPath.IndexOf("['", StringComparison.Ordinal);
        return open > 0 && fieldPath.EndsWith("']", StringComparison.Ordinal) && fieldPath.Length >= open + 4
            ? (fieldPath[..open], fieldPath[(open + 2)..^2])
            : (fieldPath, null);
    }

    private static bool IsHugePages(string resource) =>
        resource.StartsWith("limits.hugepages-", StringComparison.Ordinal) || resource.StartsWith("requests.hugepages-", StringComparison.Ordinal);
}
