using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.AdmissionRegistration;

/// <summary>
/// Validates lists of resources, as in <c>pods</c>, <c>pods/status</c>, <c>*/scale</c>, <c>*</c> and <c>*/*</c>. No resource may be
/// named twice.
/// </summary>
internal static class WebhookResourceValidation
{
    public static void Validate(IList<string> resources, FieldPath path, FieldErrors errors)
    {
        if (resources.Count == 0)
            errors.Required(path);
        var wholeResources = new HashSet<string>(StringComparer.Ordinal);
        var wholeSubresources = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < resources.Count; i++)
        {
            var text = resources[i] ?? "";
            if (text.Length == 0)
                errors.Required(path.Index(i));
            var slash = text.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
                continue;
            var (resource, subresource) = (text[..slash], text[(slash + 1)..]);
            if (wholeResources.Contains(resource))
                errors.Invalid(path.Index(i), text, $"if '{resource}/*' is present, must not specify {text}");
            if (wholeSubresources.Contains(subresource))
                errors.Invalid(path.Index(i), text, $"if '*/{subresource}' is present, must not specify {text}");
            if (subresource == "*")
                wholeResources.Add(resource);
            if (resource == "*")
                wholeSubresources.Add(subresource);
        }

        if (resources.Count > 1 && resources.Contains("*/*"))
            errors.Invalid(path, resources, "if '*/*' is present, must not specify other resources");
        if (resources.Contains("*") && resources.Any(resource => resource != "*" && resource?.Contains('/', StringComparison.Ordinal) == false))
            errors.Invalid(path, resources, "if '*' is present, must not specify other resources without subresources");
    }
}
