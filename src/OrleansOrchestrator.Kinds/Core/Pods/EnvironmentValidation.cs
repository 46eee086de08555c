using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates a container's environment.</summary>
internal static class EnvironmentValidation
{
    public static void Validate(V1Container container, FieldPath path, FieldErrors errors)
    {
        var variables = container.Env.OrNone();
        for (var i = 0; i < variables.Count; i++)
            ValidateVariable(variables[i], path.Child("env").Index(i), errors);
        var sources = container.EnvFrom.OrNone();
        for (var i = 0; i < sources.Count; i++)
            ValidateSource(sources[i], path.Child("envFrom").Index(i), errors);
    }

    private static void ValidateVariable(V1EnvVar variable, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(variable.Name))
            errors.Required(path.Child("name"));
        else
            ValidateName(variable.Name, path.Child("name"), errors);
        if (variable.ValueFrom is { } valueFrom)
            ValidateValueFrom(valueFrom, variable.Value, path.Child("valueFrom"), errors);
    }

    private static void ValidateValueFrom(V1EnvVarSource source, string? value, FieldPath path, FieldErrors errors)
    {
        var count = 0;
        if (source.FieldRef is { } field)
        {
            count++;
            DownwardValidation.ValidateField(field, DownwardValidation.EnvironmentFields, path.Child("fieldRef"), errors);
        }

        if (source.ResourceFieldRef is { } resource)
        {
            count++;
            DownwardValidation.ValidateResource(resource, isVolume: false, path.Child("resourceFieldRef"), errors);
        }

        if (source.ConfigMapKeyRef is { } configMap)
        {
            count++;
            ValidateKey(configMap.Name, configMap.Key, path.Child("configMapKeyRef"), errors);
        }

        if (source.SecretKeyRef is { } secret)
        {
            count++;
            ValidateKey(secret.Name, secret.Key, path.Child("secretKeyRef"), errors);
        }

        if (count == 0)
            errors.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
        else if (!string.IsNullOrEmpty(value))
            errors.Invalid(path, "", "may not be specified when `value` is not empty");
        else if (count > 1)
            errors.Invalid(path, "", "may not have more than one field specified at a time");
    }

    private static void ValidateSource(V1EnvFromSource source, FieldPath path, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(source.Prefix))
            ValidateName(source.Prefix, path.Child("prefix"), errors);
        if (source.ConfigMapRef is { } configMap)
            ValidateObjectName(configMap.Name, path.Child("configMapRef").Child("name"), errors);
        if (source.SecretRef is { } secret)
            ValidateObjectName(secret.Name, path.Child("secretRef").Child("name"), errors);
        if (source.ConfigMapRef is null && source.SecretRef is null)
            errors.Invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
        else if (source.ConfigMapRef is not null && source.SecretRef is not null)
            errors.Invalid(path, "", "may not have more than one field specified at a time");
    }

    private static void ValidateKey(string? name, string? key, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
            errors.Required(path.Child("name"));
        if (string.IsNullOrEmpty(key))
            errors.Required(path.Child("key"));
        else
            errors.Invalid(path.Child("key"), key, NameRules.IsConfigMapKey(key));
    }

    private static void ValidateObjectName(string? name, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
            errors.Required(path);
        else
            errors.Invalid(path, name, NameRules.IsDns1123Subdomain(name));
    }

    // Since Kubernetes 1.32 a variable may have any name that an environment can hold.
    private static void ValidateName(string name, FieldPath path, FieldErrors errors)
    {
        if (name.AsSpan().ContainsAnyExceptInRange(' ', '~') || name.Contains('=', StringComparison.Ordinal))
            errors.Invalid(path, name, "a valid environment variable name must consist only of printable ASCII characters other than '='");
    }
}
