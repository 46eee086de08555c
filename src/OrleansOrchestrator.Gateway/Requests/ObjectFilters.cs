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
                ParseFields(definition, fields));
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest(malformed.Message);
        }
    }

    private static FieldSelector ParseFields(ResourceDefinition definition, string text)
    {
        if (text.Length == 0)
            return FieldSelector.Everything;
        var selector = FieldSelector.Parse(text);
        foreach (var requirement in selector.Requirements)
        {
            if (!HasField(definition, requirement.Field))
                throw ApiErrors.BadRequest(UnsupportedText(definition, requirement.Field));
        }

        return selector;
    }

    private static bool HasField(ResourceDefinition definition, string path)
    {
        if (path is "metadata.name" || (path is "metadata.namespace" && definition.Namespaced))
            return true;
        foreach (var field in definition.SelectableFields)
        {
            if (field.Path == path)
                return true;
        }

        return false;
    }

    private static string UnsupportedText(ResourceDefinition definition, string path) => definition.SelectableFields.Count > 0
        ? $"field label not supported: {path}"
        : $"\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

    private static string NameSelector(string name, string others) =>
        others.Length == 0 ? $"metadata.name={name}" : $"metadata.name={name},{others}";
}
