using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Reads the filter of a request.</summary>
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
            return new ObjectFilter(
                scope,
                options.LabelSelector.Length == 0 ? LabelSelector.Everything : LabelSelector.Parse(options.LabelSelector),
                ParseFields(info, options.FieldSelector));
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest(malformed.Message);
        }
    }

    private static FieldSelector ParseFields(RequestInfo info, string text)
    {
        var version = info.ServedVersion!;
        var selector = FieldSelector.Parse(text).Renamed(
            field => version.StorageField(field) ?? throw ApiErrors.BadRequest(version.Definition.UnsupportedFieldText(field)));
        if (!info.IsNamedWatch)
            return selector;
        if (selector.IsEverything)
            return FieldSelector.Equal("metadata.name", info.Name);
        return selector.RequiredValue("metadata.name") == info.Name
            ? selector
            : throw ApiErrors.BadRequest("fieldSelector metadata.name doesn't match requested name");
    }
}
