using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates one container of any of a pod's lists.</summary>
internal static class ContainerValidation
{
    private static readonly string[] PullPolicies = ["Always", "IfNotPresent", "Never"];
    private static readonly string[] MessagePolicies = ["FallbackToLogsOnError", "File"];

    public static void Validate(V1Container container, V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(container.Name))
            errors.Required(path.Child("name"));
        else
            errors.Invalid(path.Child("name"), container.Name, NameRules.IsDns1123Label(container.Name));
        ValidateImage(container.Image, path.Child("image"), errors);
        ChoiceRules.ValidateRequired(container.TerminationMessagePolicy, MessagePolicies, path.Child("terminationMessagePolicy"), errors);
        ValidatePorts(container.Ports, path.Child("ports"), errors);
        EnvironmentValidation.Validate(container, path, errors);
        VolumeMountValidation.Validate(container, spec.Volumes, path.Child("volumeMounts"), errors);
        VolumeDeviceValidation.Validate(container, spec.Volumes, path.Child("volumeDevices"), errors);
        ChoiceRules.ValidateRequired(container.ImagePullPolicy, PullPolicies, path.Child("imagePullPolicy"), errors);
        ResourceAmountRules.ValidateRequirements(container.Resources, path.Child("resources"), errors);
        PodResizeValidation.ValidatePolicies(container.ResizePolicy, spec.RestartPolicy, path.Child("resizePolicy"), errors);
        SecurityContextValidation.Validate(container.SecurityContext, path.Child("securityContext"), errors);
    }

    public static void ValidateImage(string? image, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(image))
            errors.Required(path);
        else if (image.AsSpan().Trim().Length != image.Length)
            errors.Invalid(path, image, "must not have leading or trailing whitespace");
    }

    private static void ValidatePorts(IList<V1ContainerPort>? ports, FieldPath path, FieldErrors errors)
    {
        HashSet<string>? names = null;
        for (var i = 0; i < ports.OrNone().Count; i++)
        {
            var port = ports![i];
            var at = path.Index(i);
            if (!string.IsNullOrEmpty(port.Name))
            {
                var faults = NameRules.IsValidPortName(port.Name);
                errors.Invalid(at.Child("name"), port.Name, faults);
                if (faults.Count == 0 && !(names ??= new HashSet<string>(StringComparer.Ordinal)).Add(port.Name))
                    errors.Duplicate(at.Child("name"), port.Name);
            }

            if (port.ContainerPort == 0)
                errors.Required(at.Child("containerPort"));
            else
                PortRules.ValidateNumber(port.ContainerPort, at.Child("containerPort"), errors);
            if (port.HostPort is { } hostPort and not 0)
                PortRules.ValidateNumber(hostPort, at.Child("hostPort"), errors);
            PortRules.ValidateProtocol(port.Protocol, at.Child("protocol"), errors);
        }
    }
}
