using k8s.Models;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates AppArmor profiles.</summary>
/// <remarks>See ValidateAppArmorProfileField in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class AppArmorValidation
{
    // The longest path on Linux.
    private const int ProfileBytesMax = 4095;

    private static readonly string[] Types = ["Localhost", "RuntimeDefault", "Unconfined"];

    public static void Validate(V1AppArmorProfile? profile, FieldPath path, FieldErrors errors)
    {
        switch (profile?.Type)
        {
            case null when profile is null:
                return;
            case null or "":
                errors.Required(path.Child("type"), "type is required when appArmorProfile is set");
                break;
            case "Localhost":
                ValidateName(profile.LocalhostProfile, path.Child("localhostProfile"), errors);
                break;
            case "RuntimeDefault" or "Unconfined":
                if (profile.LocalhostProfile is { } unused)
                    errors.Invalid(path.Child("localhostProfile"), unused, "can only be set when AppArmor type is Localhost");
                break;
            default:
                errors.NotSupported(path.Child("type"), profile.Type, Types);
                break;
        }
    }

    private static void ValidateName(string? name, FieldPath path, FieldErrors errors)
    {
        if (name is not null && name.AsSpan().Trim().Length != name.Length)
            errors.Invalid(path, name, "must not be padded with whitespace");
        else if (string.IsNullOrEmpty(name))
            errors.Required(path, "must be set when AppArmor type is Localhost");
        if (name?.Length > ProfileBytesMax)
            errors.TooLong(path, ProfileBytesMax);
    }
}
