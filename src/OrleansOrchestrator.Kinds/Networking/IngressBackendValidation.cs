using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>Validates the backends of an ingress.</summary>
internal static class IngressBackendValidation
{
    public static void Validate(V1IngressBackend backend, FieldPath path, FieldErrors errors)
    {
        switch (backend)
        {
            case { Resource: not null, Service: not null }:
                errors.Invalid(path, "", "cannot set both resource and service backends");
                break;
            case { Resource: { } resource }:
                ReferenceRules.ValidateGroup(resource.ApiGroup, path.Child("resource").Child("apiGroup"), errors);
                ReferenceRules.ValidateSegment(resource.Kind, path.Child("resource").Child("kind"), errors);
                ReferenceRules.ValidateSegment(resource.Name, path.Child("resource").Child("name"), errors);
                break;
            case { Service: { } service }:
                ValidateService(service, path, errors);
                break;
            default:
                errors.Invalid(path, "", "resource or service backend is required");
                break;
        }
    }

    private static void ValidateService(V1IngressServiceBackend service, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(service.Name))
            errors.Required(path.Child("service").Child("name"));
        else
            errors.Invalid(path.Child("service").Child("name"), service.Name, NameRules.IsDns1035Label(service.Name));

        var port = path.Child("service").Child("port");
        switch (!string.IsNullOrEmpty(service.Port?.Name), service.Port?.Number is not (null or 0))
        {
            case (true, true):
                errors.Invalid(path, "", "cannot set both port name & port number");
                break;
            case (true, false):
                errors.Invalid(port.Child("name"), service.Port!.Name, NameRules.IsValidPortName(service.Port.Name));
                break;
            case (false, true):
                PortRules.ValidateNumber(service.Port!.Number!.Value, port.Child("number"), errors);
                break;
            default:
                errors.Required(path, "port name or number is required");
                break;
        }
    }
}
