using System.Buffers;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of names that begin with the domain of their owner.</summary>
/// <remarks>See k8s.io/apimachinery/pkg/util/validation and ValidateSignerName in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class DomainRules
{
    private const int SegmentsMin = 3;
    private const int SignerNameBytesMax = NameRules.SubdomainBytesMax + 1 + NameRules.SubdomainBytesMax + NameRules.LabelBytesMax + 1;

    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-._~%!$&'()*+,;=:");

    /// <summary>A domain and a path, as in <c>acme.io/foo</c>.</summary>
    public static void ValidatePrefixedPath(string? text, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(text))
        {
            errors.Required(path);
            return;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == text.Length - 1)
        {
            errors.Invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
            return;
        }

        errors.Invalid(path, text[..slash], NameRules.IsDns1123Subdomain(text[..slash]));
        if (text.AsSpan(slash + 1).ContainsAnyExcept(PathCharacters))
            errors.Invalid(path, text[(slash + 1)..], @"Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')");
    }

    /// <summary>A domain of at least three segments.</summary>
    public static void ValidateFullyQualified(string? name, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
        {
            errors.Required(path);
            return;
        }

        var faults = NameRules.IsDns1123Subdomain(name);
        if (faults.Count > 0)
            errors.Invalid(path, name, string.Join(',', faults));
        else if (name.Split('.').Length < SegmentsMin)
            errors.Invalid(path, name, "should be a domain with at least three segments separated by dots");
    }

    /// <summary>The name of a signer of certificates, as in <c>example.com/signer-name</c>.</summary>
    public static void ValidateSigner(string? name, FieldPath path, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(name))
        {
            errors.Required(path);
            return;
        }

        if (name.Split('/') is not [var domain, var signer])
        {
            errors.Invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
            return;
        }

        if (domain.Length > NameRules.SubdomainBytesMax)
            errors.TooLong(path, NameRules.SubdomainBytesMax);
        var labels = domain.Split('.');
        ValidateLabels(domain, labels, NameRules.IsDns1123Label, path, errors);
        if (labels.Length < 2)
            errors.Invalid(path, domain, "should be a domain with at least two segments separated by dots");
        ValidateLabels(signer, signer.Split('.'), NameRules.IsDns1123Subdomain, path, errors);
        if (name.Length > SignerNameBytesMax)
            errors.TooLong(path, SignerNameBytesMax);
    }

    private static void ValidateLabels(
        string whole, string[] labels, Func<string, IReadOnlyList<string>> rule, FieldPath path, FieldErrors errors)
    {
        foreach (var label in labels)
        {
            foreach (var fault in rule(label))
                errors.Invalid(path, whole, $"validating label \"{label}\": {fault}");
        }
    }
}
