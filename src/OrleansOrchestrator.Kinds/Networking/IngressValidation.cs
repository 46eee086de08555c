using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>Validates ingresses.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/networking/validation.</remarks>
internal static class IngressValidation
{
    private const string NotAnAddress = "must be a DNS name, not an IP address";

    private static readonly string[] PathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
    private static readonly string[] PathSequencesRefused = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly string[] PathEndsRefused = ["/..", "/."];

    public static void Validate(V1IngressSpec? spec, FieldPath path, FieldErrors errors)
    {
        var rules = (spec?.Rules).OrNone();
        if (rules.Count == 0 && spec?.DefaultBackend is null)
            errors.Invalid(path, rules, "either `defaultBackend` or `rules` must be specified");
        if (spec is null)
            return;
        if (spec.DefaultBackend is not null)
            IngressBackendValidation.Validate(spec.DefaultBackend, path.Child("defaultBackend"), errors);
        for (var i = 0; i < rules.Count; i++)
            ValidateRule(rules[i], path.Child("rules").Index(i), errors);
        for (var i = 0; i < spec.Tls.OrNone().Count; i++)
            ValidateTls(spec.Tls[i], path.Child("tls").Index(i), errors);
        if (spec.IngressClassName is { } name)
            errors.Invalid(path.Child("ingressClassName"), name, NameRules.IsDns1123Subdomain(name));
    }

    public static void ValidateStatus(V1IngressLoadBalancerStatus? status, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < (status?.Ingress).OrNone().Count; i++)
        {
            var (point, at) = (status!.Ingress[i], path.Child("ingress").Index(i));
            if (!string.IsNullOrEmpty(point.Ip))
                errors.Invalid(at.Child("ip"), point.Ip, NameRules.IsValidIP(point.Ip));
            if (string.IsNullOrEmpty(point.Hostname))
                continue;
            errors.Invalid(at.Child("hostname"), point.Hostname, NameRules.IsDns1123Subdomain(point.Hostname));
            if (AddressSyntax.TryParse(point.Hostname, out _))
                errors.Invalid(at.Child("hostname"), point.Hostname, NotAnAddress);
        }
    }

    private static void ValidateRule(V1IngressRule rule, FieldPath path, FieldErrors errors)
    {
        if (!string.IsNullOrEmpty(rule.Host))
        {
            if (AddressSyntax.TryParse(rule.Host, out _))
                errors.Invalid(path.Child("host"), rule.Host, NotAnAddress);
            ValidateHost(rule.Host, path.Child("host"), errors);
        }

        if (rule.Http is not { } http)
            return;
        var paths = path.Child("http").Child("paths");
        if (http.Paths.OrNone().Count == 0)
            errors.Required(paths);
        for (var i = 0; i < http.Paths.OrNone().Count; i++)
            ValidatePath(http.Paths[i], paths.Index(i), errors);
    }

    private static void ValidateHost(string host, FieldPath path, FieldErrors errors) => errors.Invalid(path, host,
        host.Contains('*', StringComparison.Ordinal) ? NameRules.IsWildcardDns1123Subdomain(host) : NameRules.IsDns1123Subdomain(host));

    private static void ValidatePath(V1HTTPIngressPath rule, FieldPath path, FieldErrors errors)
    {
        if (rule.PathType is null)
        {
            errors.Required(path.Child("pathType"), "pathType must be specified");
            return;
        }

        var text = rule.Path ?? "";
        switch (rule.PathType)
        {
            case "Exact" or "Prefix":
                ValidateAbsolute(text, path.Child("path"), errors);
                foreach (var sequence in PathSequencesRefused.Where(part => text.Contains(part, StringComparison.Ordinal)))
                    errors.Invalid(path.Child("path"), text, $"must not contain '{sequence}'");
                foreach (var end in PathEndsRefused.Where(part => text.EndsWith(part, StringComparison.Ordinal)))
                    errors.Invalid(path.Child("path"), text, $"cannot end with '{end}'");
                break;
            case "ImplementationSpecific":
                if (text.Length > 0)
                    ValidateAbsolute(text, path.Child("path"), errors);
                break;
            default:
                errors.NotSupported(path.Child("pathType"), rule.PathType, PathTypes);
                break;
        }

        IngressBackendValidation.Validate(rule.Backend ?? new V1IngressBackend(), path.Child("backend"), errors);
    }

    private static void ValidateAbsolute(string text, FieldPath path, FieldErrors errors)
    {
        if (!text.StartsWith('/'))
            errors.Invalid(path, text, "must be an absolute path");
    }

    private static void ValidateTls(V1IngressTLS tls, FieldPath path, FieldErrors errors)
    {
        for (var i = 0; i < tls.Hosts.OrNone().Count; i++)
            ValidateHost(tls.Hosts[i], path.Child("hosts").Index(i), errors);
        if (!string.IsNullOrEmpty(tls.SecretName))
            errors.Invalid(path.Child("secretName"), tls.SecretName, NameRules.IsDns1123Subdomain(tls.SecretName));
    }
}
