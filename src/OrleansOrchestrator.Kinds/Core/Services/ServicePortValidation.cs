using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>Validates a service's ports.</summary>
internal static class ServicePortValidation
{
    public static void ValidateEach(V1ServiceSpec spec, FieldPath path, FieldErrors errors)
    {
        var ports = spec.Ports.OrNone();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            var at = path.Index(i);
            ValidateName(port.Name, isRequired: ports.Count > 1, names, at.Child("name"), errors);
            PortRules.ValidateNumber(port.Port, at.Child("port"), errors);
            PortRules.ValidateProtocol(port.Protocol, at.Child("protocol"), errors);
            PortRules.ValidateNumberOrName(port.TargetPort, at.Child("targetPort"), errors);
            if (!string.IsNullOrEmpty(port.AppProtocol))
                errors.Invalid(at.Child("appProtocol"), port.AppProtocol, NameRules.IsQualifiedName(port.AppProtocol));
            if (port.NodePort is { } nodePort and not 0)
                PortRules.ValidateNumber(nodePort, at.Child("nodePort"), errors);
        }
    }

    public static void ValidateTogether(V1ServiceSpec spec, FieldPath path, FieldErrors errors)
    {
        var nodePorts = new HashSet<(string?, int)>();
        var servicePorts = new HashSet<(string?, int)>();
        for (var i = 0; i < spec.Ports.OrNone().Count; i++)
        {
            var port = spec.Ports[i];
            var nodePort = port.NodePort ?? 0;
            if (nodePort != 0 && spec.Type == "ClusterIP")
                errors.Forbidden(path.Index(i).Child("nodePort"), "may not be used when `type` is 'ClusterIP'");
            if (nodePort != 0 && !nodePorts.Add((port.Protocol, nodePort)))
                errors.Duplicate(path.Index(i).Child("nodePort"), nodePort);
            if (!servicePorts.Add((port.Protocol, port.Port)))
                errors.Duplicate(path.Index(i), new V1ServicePort { Protocol = port.Protocol, Port = port.Port });
        }
    }

    private static void ValidateName(string? name, bool isRequired, HashSet<string> names, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
        {
            if (isRequired)
                errors.Required(path);
            return;
        }

        errors.Invalid(path, name, NameRules.IsDns1123Label(name));
        if (!names.Add(name))
            errors.Duplicate(path, name);
    }
}
