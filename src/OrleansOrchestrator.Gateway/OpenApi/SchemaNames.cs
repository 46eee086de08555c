using System.Collections.Frozen;
using System.Text.RegularExpressions;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>
/// Names the schemas of model types as Kubernetes does (<c>io.k8s.api.core.v1.PodSpec</c>). The models do not say which group a
/// part belongs to; it is the group of the first kind that has it, core before all others.
/// </summary>
internal sealed partial class SchemaNames
{
    private const string MetaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private static readonly FrozenSet<Type> MetaTypes = FrozenSet.Create<Type>(
        typeof(V1ObjectMeta), typeof(V1ListMeta), typeof(V1OwnerReference), typeof(V1ManagedFieldsEntry), typeof(V1LabelSelector),
        typeof(V1LabelSelectorRequirement), typeof(V1Status), typeof(V1DeleteOptions), typeof(V1Preconditions), typeof(V1Condition));

    private readonly Dictionary<Type, string> _names = [];

    public SchemaNames(ResourceRegistry registry)
    {
        foreach (var form in registry.Forms)
        {
            var group = form.Group.Length == 0 ? "core" : form.Group.Split('.')[0];
            foreach (var type in ModelShape.TypesReachedFrom([form.ModelType]))
                _names.TryAdd(type, NameOf(type, group, form.Version));
        }
    }

    /// <summary>The name of a type that a kind of the registry reaches.</summary>
    public string this[Type type] => _names[type];

    private static string NameOf(Type type, string group, string version)
    {
        if (type == typeof(ResourceQuantity))
            return "io.k8s.apimachinery.pkg.api.resource.Quantity";
        if (type == typeof(IntOrString))
            return "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
        var bare = VersionPrefix.Replace(type.Name, "");
        return MetaTypes.Contains(type) ? MetaPrefix + bare : $"io.k8s.api.{group}.{version}.{bare}";
    }

    [GeneratedRegex("^(V|[A-Z][a-z]+v)[0-9]+((alpha|beta)[0-9]+)?(?=[A-Z])")]
    private static partial Regex VersionPrefix { get; }
}
