using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of amounts of CPU, memory and other resources.</summary>
internal static class ResourceAmountRules
{
    private static readonly string[] ContainerResources = ["cpu", "memory", "ephemeral-storage"];

    /// <summary>The requests and limits of a container.</summary>
    public static void ValidateRequirements(V1ResourceRequirements? requirements, FieldPath path, FieldErrors errors)
    {
        if (requirements is null)
            return;
        var limits = requirements.Limits.OrNone();
        foreach (var (name, limit) in limits)
            ValidateAmount(name, limit, path.Child("limits").Key(name), errors);
        foreach (var (name, request) in requirements.Requests.OrNone())
        {
            ValidateAmount(name, request, path.Child("requests").Key(name), errors);
            if (limits.TryGetValue(name, out var limit))
                ValidateWithinLimit(name, request, limit, path.Child("requests"), errors);
            else if (!IsOvercommitAllowed(name))
                errors.Required(path.Child("limits"), "Limit must be set for non overcommitable resources");
        }
    }

    /// <summary>Amounts that a node or pod offers or uses: of any resource, not negative.</summary>
    public static void ValidateAmounts(IDictionary<string, ResourceQuantity>? amounts, FieldPath path, FieldErrors errors)
    {
        foreach (var (name, amount) in amounts.OrNone())
        {
            var at = path.Key(name);
            errors.Invalid(at, name, NameRules.IsQualifiedName(name));
            ValidateQuantity(name, amount, at, errors);
        }
    }

    /// <summary>Whether a resource is extended: its name has a vendor's domain.</summary>
    public static bool IsExtended(string name) =>
        name.Contains('/', StringComparison.Ordinal) && !name.Contains("kubernetes.io/", StringComparison.Ordinal)
        && !name.StartsWith("requests.", StringComparison.Ordinal);

    /// <summary>The name of a resource that a container can ask for.</summary>
    public static void ValidateContainerResourceName(string name, FieldPath path, FieldErrors errors)
    {
        var faults = NameRules.IsQualifiedName(name);
        errors.Invalid(path, name, faults);
        if (faults.Count == 0 && !name.Contains('/', StringComparison.Ordinal) && !IsContainerResource(name))
            errors.Invalid(path, name, "must be a standard resource for containers");
    }

    /// <summary>Whether a resource can be overcommitted. Huge pages and extended resources cannot.</summary>
    public static bool IsOvercommitAllowed(string name) =>
        !name.StartsWith("hugepages-", StringComparison.Ordinal) && !IsExtended(name);

    /// <summary>An amount that is not negative, and whole if its resource cannot be divided.</summary>
    public static void ValidateQuantity(string name, ResourceQuantity? amount, FieldPath path, FieldErrors errors)
    {
        var quantity = Quantity.From(amount);
        if (quantity.Sign < 0)
            errors.Invalid(path, quantity.ToString(), NumberRules.NotNegative);
        if (IsExtended(name) && quantity.MilliValue % 1000 != 0)
            errors.Invalid(path, quantity.ToString(), "must be an integer");
    }

    private static void ValidateAmount(string name, ResourceQuantity? amount, FieldPath path, FieldErrors errors)
    {
        ValidateContainerResourceName(name, path, errors);
        ValidateQuantity(name, amount, path, errors);
    }

    /// <summary>Warns of an amount of bytes that is not a whole number.</summary>
    public static void WarnOfFraction(ResourceQuantity? amount, FieldPath at, List<string> warnings)
    {
        var quantity = Quantity.From(amount);
        if (quantity.Value != long.MaxValue && Quantity.FromValue(quantity.Value) != quantity)
            warnings.Add($"{at}: fractional byte value \"{quantity}\" is invalid, must be an integer");
    }

    private static void ValidateWithinLimit(string name, ResourceQuantity request, ResourceQuantity limit, FieldPath path, FieldErrors errors)
    {
        var (requested, limited) = (Quantity.From(request), Quantity.From(limit));
        if (!IsOvercommitAllowed(name) && requested != limited)
            errors.Invalid(path, requested.ToString(), $"must be equal to {name} limit of {limited}");
        else if (requested > limited)
            errors.Invalid(path, requested.ToString(), $"must be less than or equal to {name} limit of {limited}");
    }

    private static bool IsContainerResource(string name) =>
        ContainerResources.Contains(name) || name.StartsWith("hugepages-", StringComparison.Ordinal);
}
