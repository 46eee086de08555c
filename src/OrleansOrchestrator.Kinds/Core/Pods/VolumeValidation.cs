using k8s.Models;
using OrleansOrchestrator.Kinds.FlowControl;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates a pod's volumes.</summary>
internal static class VolumeValidation
{
    private static readonly string[] HostPathTypes =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

    private static readonly string[] PullPolicies = ["Always", "IfNotPresent", "Never"];

    // What a signed token can say of its time.
    private const long TokenSecondsMax = 1L << 32;

    public static void Validate(IList<V1Volume>? volumes, FieldPath path, FieldErrors errors)
    {
        HashSet<string>? names = null;
        for (var i = 0; i < volumes.OrNone().Count; i++)
        {
            var volume = volumes![i];
            var at = path.Index(i);
            ValidateSource(volume, at, errors);
            if (string.IsNullOrEmpty(volume.Name))
                errors.Required(at.Child("name"));
            else
                errors.Invalid(at.Child("name"), volume.Name, NameRules.IsDns1123Label(volume.Name));
            if (!string.IsNullOrEmpty(volume.Name) && !(names ??= new HashSet<string>(StringComparer.Ordinal)).Add(volume.Name))
                errors.Duplicate(at.Child("name"), volume.Name);
        }
    }

    private static void ValidateSource(V1Volume volume, FieldPath path, FieldErrors errors)
    {
        var sources = VolumeSources.Of(volume).ToList();
        if (sources.Count == 0)
            errors.Required(path, "must specify a volume type");
        foreach (var source in sources.Skip(1))
            errors.Forbidden(path.Child(source), "may not specify more than 1 volume type");

        if (volume.EmptyDir?.SizeLimit is { } sizeLimit && Quantity.From(sizeLimit).Sign < 0)
            errors.Forbidden(path.Child("emptyDir").Child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
        if (volume.HostPath is { } hostPath)
            ValidateHostPath(hostPath, path.Child("hostPath"), errors);
        if (volume.ConfigMap is { } configMap)
            ValidateFiles(configMap.Name, "name", configMap.DefaultMode, configMap.Items, path.Child("configMap"), errors);
        if (volume.Secret is { } secret)
            ValidateFiles(secret.SecretName, "secretName", secret.DefaultMode, secret.Items, path.Child("secret"), errors);
        if (volume.DownwardAPI is { } downward)
        {
            NumberRules.ValidateFileMode(downward.DefaultMode, path.Child("downwardAPI").Child("defaultMode"), errors);
            ValidateDownwardFiles(downward.Items, path.Child("downwardAPI"), errors);
        }

        if (volume.Projected is { } projected)
            ValidateProjected(projected, path.Child("projected"), errors);
        if (volume.PersistentVolumeClaim is { } claim && string.IsNullOrEmpty(claim.ClaimName))
            errors.Required(path.Child("persistentVolumeClaim").Child("claimName"));
        if (volume.Nfs is { } nfs)
            ValidateNfs(nfs, path.Child("nfs"), errors);
        if (volume.Image is { } image)
            ValidateImage(image, path.Child("image"), errors);
        if (volume.Ephemeral is { VolumeClaimTemplate: null })
            errors.Required(path.Child("ephemeral").Child("volumeClaimTemplate"));
        if (volume.Csi is { } csi)
            ValidateCsi(csi, path.Child("csi"), errors);
    }

    private static void ValidateImage(V1ImageVolumeSource image, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(image.Reference))
            errors.Required(path.Child("reference"));
        ChoiceRules.ValidateOptional(image.PullPolicy, PullPolicies, path.Child("pullPolicy"), errors);
    }

    private static void ValidateCsi(V1CSIVolumeSource csi, FieldPath path, FieldErrors errors)
    {
        CsiDriverRules.ValidateName(csi.Driver, path.Child("driver"), errors);
        if (csi.NodePublishSecretRef is not { } secret)
            return;
        if (string.IsNullOrEmpty(secret.Name))
            errors.Required(path.Child("nodePublishSecretRef").Child("name"));
        else
            errors.Invalid(path.Child("name"), secret.Name, NameRules.IsDns1123Subdomain(secret.Name));
    }

    private static void ValidateHostPath(V1HostPathVolumeSource hostPath, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(hostPath.Path))
            errors.Required(path.Child("path"));
        else
            PathRules.ValidateNoBacksteps(hostPath.Path, path.Child("path"), errors);
        if (hostPath.Type is { } type && !HostPathTypes.Contains(type))
            errors.NotSupported(path.Child("type"), type, HostPathTypes);
    }

    private static void ValidateNfs(V1NFSVolumeSource nfs, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(nfs.Server))
            errors.Required(path.Child("server"));
        if (string.IsNullOrEmpty(nfs.Path))
            errors.Required(path.Child("path"));
        else if (!nfs.Path.StartsWith('/'))
            errors.Invalid(path.Child("path"), nfs.Path, "must be an absolute path");
    }

    private static void ValidateProjected(V1ProjectedVolumeSource projected, FieldPath path, FieldErrors errors)
    {
        NumberRules.ValidateFileMode(projected.DefaultMode, path.Child("defaultMode"), errors);
        var sources = projected.Sources.OrNone();
        for (var i = 0; i < sources.Count; i++)
            ValidateProjection(sources[i], path.Child("sources").Index(i), errors);
    }

    private static void ValidateProjection(V1VolumeProjection source, FieldPath path, FieldErrors errors)
    {
        object?[] all = [source.Secret, source.ConfigMap, source.DownwardAPI, source.ServiceAccountToken, source.ClusterTrustBundle];
        switch (all.Count(one => one is not null))
        {
            case 0:
                errors.Required(path, "must specify a volume projection type");
                break;
            case > 1:
                errors.Forbidden(path, "may not specify more than 1 volume type per source");
                break;
        }

        if (source.Secret is { } secret)
            ValidateFiles(secret.Name, "name", null, secret.Items, path.Child("secret"), errors);
        if (source.ConfigMap is { } configMap)
            ValidateFiles(configMap.Name, "name", null, configMap.Items, path.Child("configMap"), errors);
        if (source.DownwardAPI is { } downward)
            ValidateDownwardFiles(downward.Items, path.Child("downwardAPI"), errors);
        if (source.ServiceAccountToken is not { } token)
            return;
        if (token.ExpirationSeconds < 600)
            errors.Invalid(path.Child("serviceAccountToken").Child("expirationSeconds"), token.ExpirationSeconds, "may not specify a duration less than 10 minutes");
        else if (token.ExpirationSeconds > TokenSecondsMax)
            errors.Invalid(path.Child("serviceAccountToken").Child("expirationSeconds"), token.ExpirationSeconds, "may not specify a duration larger than 2^32 seconds");
        if (string.IsNullOrEmpty(token.Path))
            errors.Required(path.Child("serviceAccountToken").Child("path"));
        else
            PathRules.ValidateDescendingUnreserved(token.Path, path.Child("serviceAccountToken").Child("path"), errors);
    }

    private static void ValidateFiles(
        string? name, string nameField, int? mode, IList<V1KeyToPath>? items, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
            errors.Required(path.Child(nameField));
        NumberRules.ValidateFileMode(mode, path.Child("defaultMode"), errors);
        for (var i = 0; i < items.OrNone().Count; i++)
        {
            var at = path.Child("items").Index(i);
            if (string.IsNullOrEmpty(items![i].Key))
                errors.Required(at.Child("key"));
            ValidateFilePath(items[i].Path, items[i].Mode, at, errors);
        }
    }

    private static void ValidateDownwardFiles(IList<V1DownwardAPIVolumeFile>? files, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < files.OrNone().Count; i++)
        {
            var file = files![i];
            var at = path.Child("items").Index(i);
            ValidateFilePath(file.Path, file.Mode, at, errors);
            if (file.FieldRef is { } field)
            {
                DownwardValidation.ValidateField(field, DownwardValidation.VolumeFields, at.Child("fieldRef"), errors);
                if (file.ResourceFieldRef is not null)
                    errors.Invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
            else if (file.ResourceFieldRef is { } resource)
            {
                DownwardValidation.ValidateResource(resource, isVolume: true, at.Child("resourceFieldRef"), errors);
            }
            else
            {
                errors.Required(at, "one of fieldRef and resourceFieldRef is required");
            }
        }
    }

    private static void ValidateFilePath(string? file, int? mode, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(file))
            errors.Required(path.Child("path"));
        else
            PathRules.ValidateDescendingUnreserved(file, path.Child("path"), errors);
        NumberRules.ValidateFileMode(mode, path.Child("mode"), errors);
    }
}
