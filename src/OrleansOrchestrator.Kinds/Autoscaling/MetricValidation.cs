using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Autoscaling;

/// <summary>Validates the metrics of an autoscaler.</summary>
/// <remarks>See validateMetricSpec in k8s.io/kubernetes/pkg/apis/autoscaling/validation.</remarks>
internal static class MetricValidation
{
    private static readonly string[] Types = ["ContainerResource", "External", "Object", "Pods", "Resource"];

    public static void Validate(V2MetricSpec metric, FieldPath path, FieldErrors errors)
    {
        var type = metric.Type ?? "";
        if (type.Length == 0)
            errors.Required(path.Child("type"), "must specify a metric source type");
        if (!Types.Contains(type))
            errors.NotSupported(path.Child("type"), type, Types);

        // Only the first source is checked. More than one is a fault already.
        var sources = SourcesOf(metric, path, errors).Where(source => source.IsPresent).ToList();
        sources.FirstOrDefault().Validate?.Invoke();
        var expected = type.Length == 0 ? "" : char.ToLowerInvariant(type[0]) + type[1..];
        if (Types.Contains(type) && sources.All(source => source.Name != expected))
            errors.Required(path.Child(expected), "must populate information for the given metric source");
        if (sources.Count == 1)
            return;
        foreach (var source in sources.Where(source => source.Name != expected))
            errors.Forbidden(path.Child(source.Name), "must populate the given metric source only");
    }

    private static IEnumerable<(string Name, bool IsPresent, Action Validate)> SourcesOf(V2MetricSpec metric, FieldPath path, FieldErrors errors)
    {
        yield return ("object", metric.ObjectProperty is not null, () => ValidateObject(metric.ObjectProperty!, path.Child("object"), errors));
        yield return ("external", metric.External is not null, () => ValidateExternal(metric.External!, path.Child("external"), errors));
        yield return ("pods", metric.Pods is not null, () => ValidatePods(metric.Pods!, path.Child("pods"), errors));
        yield return ("resource", metric.Resource is not null, () => ValidateResource(metric.Resource!.Name, metric.Resource.Target, path.Child("resource"), errors));
        yield return ("containerResource", metric.ContainerResource is not null, () => ValidateContainer(metric.ContainerResource!, path.Child("containerResource"), errors));
    }

    private static void ValidateObject(V2ObjectMetricSource source, FieldPath path, FieldErrors errors)
    {
        AutoscalerValidation.ValidateReference(source.DescribedObject, path.Child("describedObject"), errors);
        ValidateMetric(source.Metric, path.Child("metric"), errors);
        ValidateTarget(source.Target, path.Child("target"), errors);
        if (source.Target is not ({ Value: not null } or { AverageValue: not null }))
            errors.Required(path.Child("target").Child("averageValue"), "must set either a target value or averageValue");
    }

    private static void ValidateExternal(V2ExternalMetricSource source, FieldPath path, FieldErrors errors)
    {
        ValidateMetric(source.Metric, path.Child("metric"), errors);
        ValidateTarget(source.Target, path.Child("target"), errors);
        if (source.Target is not ({ Value: not null } or { AverageValue: not null }))
            errors.Required(path.Child("target").Child("averageValue"), "must set either a target value for metric or a per-pod target");
        if (source.Target is { Value: not null, AverageValue: not null })
            errors.Forbidden(path.Child("target").Child("value"), "may not set both a target value for metric and a per-pod target");
    }

    private static void ValidatePods(V2PodsMetricSource source, FieldPath path, FieldErrors errors)
    {
        ValidateMetric(source.Metric, path.Child("metric"), errors);
        ValidateTarget(source.Target, path.Child("target"), errors);
        if (source.Target?.AverageValue is null)
            errors.Required(path.Child("target").Child("averageValue"), "must specify a positive target averageValue");
    }

    private static void ValidateContainer(V2ContainerResourceMetricSource source, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(source.Container))
            errors.Required(path.Child("container"), "must specify a container");
        else
            errors.Invalid(path.Child("container"), source.Container, NameRules.IsDns1123Label(source.Container));
        ValidateResource(source.Name, source.Target, path, errors);
    }

    private static void ValidateResource(string? name, V2MetricTarget? target, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
            errors.Required(path.Child("name"), "must specify a resource name");
        else
            ResourceAmountRules.ValidateContainerResourceName(name, path.Child("name"), errors);
        ValidateTarget(target, path.Child("target"), errors);
        if (target is not ({ AverageUtilization: not null } or { AverageValue: not null }))
            errors.Required(path.Child("target").Child("averageUtilization"), "must set either a target raw value or a target utilization");
        if (target is { AverageUtilization: not null, AverageValue: not null })
            errors.Forbidden(path.Child("target").Child("averageValue"), "may not set both a target raw value and a target utilization");
    }

    private static void ValidateMetric(V2MetricIdentifier? metric, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(metric?.Name))
            errors.Required(path.Child("name"), "must specify a metric name");
        else
            errors.Invalid(path.Child("name"), metric.Name, NameRules.IsPathSegmentName(metric.Name));
    }

    private static void ValidateTarget(V2MetricTarget? target, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(target?.Type))
            errors.Required(path.Child("type"), "must specify a metric target type");
        else if (target.Type is not ("Utilization" or "Value" or "AverageValue"))
            errors.Invalid(path.Child("type"), target.Type, "must be either Utilization, Value, or AverageValue");
        ValidatePositive(target?.Value, path.Child("value"), errors);
        ValidatePositive(target?.AverageValue, path.Child("averageValue"), errors);
        if (target?.AverageUtilization < 1)
            errors.Invalid(path.Child("averageUtilization"), target.AverageUtilization, "must be greater than 0");
    }

    private static void ValidatePositive(ResourceQuantity? amount, FieldPath path, FieldErrors errors)
    {
        if (amount is not null && Quantity.From(amount) is { Sign: <= 0 } quantity)
            errors.Invalid(path, quantity.ToString(), "must be positive");
    }
}
