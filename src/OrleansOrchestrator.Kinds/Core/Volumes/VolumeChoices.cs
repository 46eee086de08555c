using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Volumes;

/// <summary>What volumes and claims have in common: access modes, volume mode and size.</summary>
internal static class VolumeChoices
{
    public const string Filesystem = "Filesystem";
    public const string Storage = "storage";

    private static readonly string[] KnownModes = [AccessModes.ReadOnlyMany, AccessModes.ReadWriteMany, AccessModes.ReadWriteOnce, AccessModes.ReadWriteOncePod];
    private static readonly string[] Modes = ["Block", Filesystem];

    // The short names of the access modes, in kubectl's order.
    private static readonly (string Mode, string Short)[] ShortModes =
        [(AccessModes.ReadWriteOnce, "RWO"), (AccessModes.ReadOnlyMany, "ROX"), (AccessModes.ReadWriteMany, "RWX"), (AccessModes.ReadWriteOncePod, "RWOP")];

    public static void ValidateAccessModes(IList<string>? modes, FieldPath path, FieldErrors errors)
    {
        foreach (var mode in modes.OrNone())
        {
            if (!KnownModes.Contains(mode))
                errors.NotSupported(path, mode, KnownModes);
        }

        if (modes.OrNone().Contains(AccessModes.ReadWriteOncePod) && modes.OrNone().Any(mode => mode != AccessModes.ReadWriteOncePod && KnownModes.Contains(mode)))
            errors.Forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }

    public static void ValidateMode(string? mode, FieldPath path, FieldErrors errors)
    {
        if (mode is not null && !Modes.Contains(mode))
            errors.NotSupported(path, mode, Modes);
    }

    public static void ValidatePositive(ResourceQuantity? amount, FieldPath path, FieldErrors errors)
    {
        if (Quantity.From(amount) is { Sign: <= 0 } quantity)
            errors.Invalid(path, quantity.ToString(), "must be greater than zero");
    }

    public static string ShortAccessModes(IList<string>? modes) =>
        string.Join(',', ShortModes.Where(known => modes.OrNone().Contains(known.Mode)).Select(known => known.Short));

    public static string SizeOf(IDictionary<string, ResourceQuantity>? amounts) =>
        Quantity.From(amounts.OrNone().TryGetValue(Storage, out var size) ? size : null).ToString();

    /// <summary>The class in the older annotation, or else in the field.</summary>
    public static string ClassOf(V1ObjectMeta? metadata, string? className) =>
        metadata?.Annotations.OrNone().TryGetValue(VolumeMetadataKeys.StorageClass, out var annotated) == true ? annotated : className ?? "";
}
