using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>Validates limit ranges.</summary>
/// <remarks>See ValidateLimitRange in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class LimitRangeValidation
{
    public const string Container = "Container";
    public const string Pod = "Pod";
    public const string Claim = "PersistentVolumeClaim";

    public static void Validate(V1LimitRangeSpec? spec, FieldErrors errors)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        var limits = (spec?.Limits).OrNone();
        for (var i = 0; i < limits.Count; i++)
        {
            var path = FieldPath.Spec.Child("limits").Index(i);
            ValidateType(limits[i].Type ?? "", path.Child("type"), errors);
            if (!types.Add(limits[i].Type ?? ""))
                errors.Duplicate(path.Child("type"), limits[i].Type);
            ValidateItem(limits[i], path, errors);
        }
    }

    private static void ValidateType(string type, FieldPath path, FieldErrors errors)
    {
        var faults = NameRules.IsQualifiedName(type);
        errors.Invalid(path, type, faults);
        if (faults.Count == 0 && !type.Contains('/', StringComparison.Ordinal) && type is not (Pod or Container or Claim))
            errors.Invalid(path, type, "must be a standard limit type or fully qualified");
    }

    private static void ValidateItem(V1LimitRangeItem item, FieldPath path, FieldErrors errors)
    {
        ValidateNames(item.Max, item.Type, path.Child("max"), errors);
        ValidateNames(item.Min, item.Type, path.Child("min"), errors);
        if (item.Type == Pod)
        {
            if (item.DefaultProperty is { Count: > 0 })
                errors.Forbidden(path.Child("default"), "may not be specified when `type` is 'Pod'");
            if (item.DefaultRequest is { Count: > 0 })
                errors.Forbidden(path.Child("defaultRequest"), "may not be specified when `type` is 'Pod'");
        }
        else
        {
            ValidateNames(item.DefaultProperty, item.Type, path.Child("default"), errors);
            ValidateNames(item.DefaultRequest, item.Type, path.Child("defaultRequest"), errors);
        }

        if (item.Type == Claim && Find(item.Min, "storage") is null && Find(item.Max, "storage") is null)
            errors.Required(path.Child("limits"), "either minimum or maximum storage value is required, but neither was provided");
        ValidateNames(item.MaxLimitRequestRatio, item.Type, path.Child("maxLimitRequestRatio"), errors);

        var names = new[] { item.Max, item.Min, item.DefaultProperty, item.DefaultRequest, item.MaxLimitRequestRatio }
            .SelectMany(amounts => amounts.OrNone().Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        foreach (var name in names)
            ValidateOrder(item, name, path, errors);
    }

    private static void ValidateNames(IDictionary<string, ResourceQuantity>? amounts, string? type, FieldPath path, FieldErrors errors)
    {
        foreach (var name in amounts.OrNone().Keys)
        {
            if (type is Pod or Container)
                ResourceAmountRules.ValidateContainerResourceName(name, path.Key(name), errors);
            else
                errors.Invalid(path.Key(name), name, NameRules.IsQualifiedName(name));
        }
    }

    /// <summary>Checks the order of a resource's amounts: minimum, default request, default, maximum.</summary>
    private static void ValidateOrder(V1LimitRangeItem item, string name, FieldPath path, FieldErrors errors)
    {
        var (min, max) = (Find(item.Min, name), Find(item.Max, name));
        var (request, limit) = (Find(item.DefaultRequest, name), Find(item.DefaultProperty, name));
        var (minPath, maxPath) = (path.Child("min").Key(name), path.Child("default").Key(name));
        var requestPath = path.Child("defaultRequest").Key(name);
        if (min > max)
            errors.Invalid(minPath, min.ToString(), $"min value {min} is greater than max value {max}");
        if (min > request)
            errors.Invalid(requestPath, request.ToString(), $"min value {min} is greater than default request value {request}");
        if (request > max)
            errors.Invalid(requestPath, request.ToString(), $"default request value {request} is greater than max value {max}");
        if (request > limit)
            errors.Invalid(requestPath, request.ToString(), $"default request value {request} is greater than default limit value {limit}");
        if (min > limit)
            errors.Invalid(maxPath, min.ToString(), $"min value {min} is greater than default value {limit}");
        if (limit > max)
            errors.Invalid(maxPath, max.ToString(), $"default value {limit} is greater than max value {max}");
        if (Find(item.MaxLimitRequestRatio, name) is { } ratio)
            ValidateRatio(ratio, min, max, path.Child("maxLimitRequestRatio").Key(name), errors);
        if (limit is not null && limit != request && !ResourceAmountRules.IsOvercommitAllowed(name))
        {
            errors.Invalid(maxPath, limit.ToString(),
                $"default value {limit} must equal to defaultRequest value {request ?? Quantity.Zero} in {name}");
        }
    }

    private static void ValidateRatio(Quantity ratio, Quantity? min, Quantity? max, FieldPath path, FieldErrors errors)
    {
        if (ratio < Quantity.FromValue(1))
            errors.Invalid(path, ratio.ToString(), $"ratio {ratio} is less than 1");
        if (min is not { Sign: > 0 } least || max is not { } most)
            return;
        var highest = (double)most.MilliValue / least.MilliValue;
        if (ratio.MilliValue / 1000.0 > highest)
            errors.Invalid(path, ratio.ToString(), string.Create(CultureInfo.InvariantCulture, $"ratio {ratio} is greater than max/min = {highest:F6}"));
    }

    private static Quantity? Find(IDictionary<string, ResourceQuantity>? amounts, string name) =>
        amounts.OrNone().TryGetValue(name, out var amount) ? Quantity.From(amount) : null;
}
