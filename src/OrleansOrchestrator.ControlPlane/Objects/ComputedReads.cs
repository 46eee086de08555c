using System.Collections.Frozen;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>Reads of computed kinds, which are not stored. Their objects have no revision, and a list of them is one page.</summary>
internal sealed class ComputedReads(IEnumerable<IComputedObjects> sources)
{
    private readonly FrozenDictionary<ResourceName, IComputedObjects> _sources = sources.ToFrozenDictionary(source => source.Resource);

    /// <summary>Reads one object.</summary>
    /// <exception cref="ApiException">404: there is none.</exception>
    public async ValueTask<StoredObject> GetAsync(ResourceDefinition definition, ObjectKey key, CancellationToken cancellationToken)
    {
        var named = new ObjectFilter(key.Namespace, LabelSelector.Everything, FieldSelector.Equal("metadata.name", key.Name));
        var objects = await ComputeAsync(definition, named, cancellationToken);
        return objects.Find(obj => obj.Key == key) ?? throw ApiErrors.NotFound(definition.Name, key.Name);
    }

    /// <summary>Reads the objects of a query.</summary>
    public async ValueTask<ObjectPage> ListAsync(ResourceDefinition definition, ListQuery query, CancellationToken cancellationToken)
    {
        var objects = await ComputeAsync(definition, query.Filter, cancellationToken);
        objects.Sort((left, right) => left.Key.CompareTo(right.Key));
        return new ObjectPage(objects.FindAll(query.Filter.Matches), 0, null, null);
    }

    private async Task<List<StoredObject>> ComputeAsync(ResourceDefinition definition, ObjectFilter filter, CancellationToken cancellationToken)
    {
        var objects = await _sources[definition.Name].ComputeAsync(filter, cancellationToken);
        return [.. objects.Select(obj => StoredObject.Read(definition, definition.Encode(obj)))];
    }
}
