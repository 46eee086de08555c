using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Reads which objects of a kind a request selects.</summary>
internal static class ObjectFilters
{
    /// <summary>Reads the namespace of the path and the selectors of the query.</summary>
    /// <exception cref="ApiException">400: a selector is malformed or names a field that the kind does not have.</exception>
    public static ObjectFilter Parse(RequestInfo info, RequestOptions options)
    {
        var definition = info.Definition!;
        var scope = definition.Namespaced ? info.Namespace : "";
        var hasSelector = options.LabelSelector.Length > 0 || options.FieldSelector.Length > 0 || info.IsNamedWatch;
        if (!hasSelector)
            return scope.Length == 0 ? ObjectFilter.All : ObjectFilter.InNamespace(scope);

        try
        {
            var fields = info.IsNamedWatch ? NameSelector(info.Name, options.FieldSelector) : options.FieldSelector;
            return new ObjectFilter(
                scope,
                options.LabelSelector.Length == 0 ? LabelSelector.Everything : LabelSelector.Parse(options.LabelSelector),
                ParseFields(info.Form!, fields));
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest(malformed.Message);
        }
    }

    private static FieldSelector ParseFields(ResourceForm form, string text)
    {
        if (text.Length == 0)
            return FieldSelector.Everything;
        return FieldSelector.Parse(text).Renamed(
            field => form.StorageField(field) ?? throw ApiErrors.BadRequest(UnsupportedText(form.Definition, field)));
    }

    private static string UnsupportedText(ResourceDefinition definition, string path) => definition.SelectableFields.Count > 0
        ? $"field label not supported: {path}"
        : $"\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

    private static string NameSelector(string name, string others) =>
        others.Length == 0 ? $"metadata.name={name}" : $"metadata.name={name},{others}";
}
