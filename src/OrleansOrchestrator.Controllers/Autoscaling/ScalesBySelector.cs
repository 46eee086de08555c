using System.Runtime.CompilerServices;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>
/// Finds the objects with a scale, of any kind, whose selectors match some pods: by an index over one requirement of each selector, so
/// that it costs what the pods have of labels and not what the namespace has of objects.
/// </summary>
internal static class ScalesBySelector
{
    // A selector that requires no value, as one of "exists", is looked at for all pods.
    private const string AnyValue = "";

    // A definition that is replaced has another scale.
    private static readonly ConditionalWeakTable<ResourceDefinition, KeyIndex> Indexes = [];

    /// <summary>The objects of a namespace whose selectors match any of the label sets.</summary>
    public static IEnumerable<(ResourceDefinition Kind, KubeObject Scaled)> Find(string @namespace, IReadOnlyCollection<LabelSet> labels, IObjectView view)
    {
        foreach (var kind in view.StoredKinds.Where(kind => kind.Scale is not null))
        {
            var space = kind.Namespaced ? @namespace : "";
            HashSet<ObjectKey> keys = [new ObjectKey(space, AnyValue), .. labels.SelectMany(set => set.AsEnumerable().Select(label => KeyOf(space, label.Key, label.Value)))];
            var index = Indexes.GetValue(kind, NewIndex);
            foreach (var scaled in keys.SelectMany(key => view.WithKey(index, key)).DistinctBy(obj => ObjectKey.Of(obj)))
            {
                if (SelectorOf(kind, scaled) is { } selector && labels.Any(selector.Matches))
                    yield return (kind, scaled);
            }
        }
    }

    private static KeyIndex NewIndex(ResourceDefinition kind) => new(kind.Name, obj => KeysOf(obj.Metadata.NamespaceProperty ?? "", SelectorOf(kind, obj)));

    private static IEnumerable<ObjectKey> KeysOf(string @namespace, LabelSelector? selector)
    {
        if (selector is null)
            return [];
        return selector.Requirements.FirstOrDefault(requirement => requirement.NamesValues) is { } one
            ? one.Values.Select(value => KeyOf(@namespace, one.Key, value))
            : [new ObjectKey(@namespace, AnyValue)];
    }

    private static LabelSelector? SelectorOf(ResourceDefinition kind, KubeObject obj) => TargetScale.SelectorOf(kind.Scale!.Of(obj));

    private static ObjectKey KeyOf(string @namespace, string label, string value) => new(@namespace, $"{label}={value}");
}
