using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.AdmissionRegistration;

/// <summary>Validates how a webhook is reached.</summary>
/// <remarks>See k8s.io/apiserver/pkg/util/webhook/validation.go.</remarks>
internal static class WebhookClientValidation
{
    private const string Form = "; desired format: https://host[/path]";

    public static void ApplyDefaults(Admissionregistrationv1WebhookClientConfig? client)
    {
        if (client?.Service is { } service)
            service.Port ??= 443;
    }

    public static void Validate(Admissionregistrationv1WebhookClientConfig? client, FieldPath path, FieldErrors errors)
    {
        switch (client)
        {
            case { Url: { } url, Service: null }:
                ValidateUrl(url, path.Child("url"), errors);
                break;
            case { Url: null, Service: { } service }:
                ValidateService(service, path.Child("service"), errors);
                break;
            default:
                errors.Required(path, "exactly one of url or service is required");
                break;
        }
    }

    private static void ValidateUrl(string text, FieldPath path, FieldErrors errors)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
        {
            errors.Required(path, "url must be a valid URL" + Form);
            return;
        }

        if (url.Scheme != Uri.UriSchemeHttps)
            errors.Invalid(path, url.Scheme, "'https' is the only allowed URL scheme" + Form);
        if (url.Host.Length == 0)
            errors.Invalid(path, "", "host must be specified" + Form);
        if (url.UserInfo.Length > 0)
            errors.Invalid(path, url.UserInfo, "user information is not permitted in the URL");
        if (url.Fragment.Length > 0)
            errors.Invalid(path, url.Fragment[1..], "fragments are not permitted in the URL");
        if (url.Query.Length > 0)
            errors.Invalid(path, url.Query[1..], "query parameters are not permitted in the URL");
    }

    private static void ValidateService(Admissionregistrationv1ServiceReference service, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(service.Name))
            errors.Required(path.Child("name"));
        if (string.IsNullOrEmpty(service.NamespaceProperty))
            errors.Required(path.Child("namespace"));
        var faults = NameRules.IsValidPortNum(service.Port ?? 0);
        if (faults.Count > 0)
            errors.Invalid(path.Child("port"), service.Port, "port is not valid: " + string.Join(", ", faults));
        ValidatePath(service.Path ?? "", path.Child("path"), errors);
    }

    private static void ValidatePath(string text, FieldPath path, FieldErrors errors)
    {
        if (text is "" or "/")
            return;
        if (text == "//")
        {
            errors.Invalid(path, text, "segment[0] may not be empty");
            return;
        }

        if (!text.StartsWith('/'))
            errors.Invalid(path, text, "must start with a '/'");
        var segments = (text.EndsWith('/') ? text[1..^1] : text[1..]).Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i].Length == 0)
            {
                errors.Invalid(path, text, $"segment[{i}] may not be empty");
                continue;
            }

            foreach (var fault in NameRules.IsDns1123Subdomain(segments[i]))
                errors.Invalid(path, text, $"segment[{i}]: {fault}");
        }
    }
}
