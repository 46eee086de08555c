using System.Collections.Frozen;
using System.Text.RegularExpressions;
using k8s.Models;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>
/// Names the schemas of model types as Kubernetes does (<c>io.k8s.api.core.v1.PodSpec</c>). Models do not tell the group of a part: it
/// is the group of the first kind that contains it, core first.
/// </summary>
internal sealed partial class SchemaNames
{
    private const string MetaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private const string ScalePrefix = "io.k8s.api.autoscaling.v1.";

    private static readonly FrozenSet<Type> MetaTypes = FrozenSet.Create<Type>(
        typeof(V1ObjectMeta), typeof(V1ListMeta), typeof(V1OwnerReference), typeof(V1ManagedFieldsEntry), typeof(V1LabelSelector),
        typeof(V1LabelSelectorRequirement), typeof(V1FieldSelectorRequirement), typeof(V1Status), typeof(V1StatusDetails),
        typeof(V1StatusCause), typeof(V1DeleteOptions), typeof(V1Preconditions), typeof(V1Condition));

    private static readonly FrozenDictionary<string, string> OtherPackages = new Dictionary<string, string>
    {
        ["apiextensions.k8s.io"] = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
        ["apiregistration.k8s.io"] = "io.k8s.kube-aggregator.pkg.apis.apiregistration",
        ["metrics.k8s.io"] = "io.k8s.metrics.pkg.apis.metrics",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly Dictionary<Type, string> _names = [];

    public SchemaNames(IEnumerable<ServedVersion> versions)
    {
        foreach (var type in ModelShape.CommonTypes)
            _names.TryAdd(type, NameOf(type, MetaPrefix));
        foreach (var type in ModelShape.ScaleTypes)
            _names.TryAdd(type, NameOf(type, ScalePrefix));
        foreach (var version in versions)
        {
            var prefix = $"{PackageOf(version.Group)}.{version.Version}.";
            foreach (var type in ModelShape.TypesOf(version))
                _names.TryAdd(type, NameOf(type, prefix));
        }

        foreach (var kind in PostedKind.All)
        {
            var prefix = $"{PackageOf(kind.Name.Group)}.{kind.Name.Version}.";
            foreach (var type in ModelShape.TypesReachedFrom([kind.Model]))
                _names.TryAdd(type, NameOf(type, prefix));
        }
    }

    /// <summary>The name of a type reachable from a kind of the registry.</summary>
    public string this[Type type] => _names[type];

    /// <summary>The name of a kind's schema.</summary>
    public string Of(ServedVersion version) => version is CustomVersion ? CustomName(version, version.Definition.Kind) : _names[version.ModelType];

    /// <summary>The name of the schema of a kind's lists.</summary>
    public string ListOf(ServedVersion version) => version is CustomVersion
        ? CustomName(version, version.Definition.ListKind)
        : _names[ModelShape.ListTypeOf(version.ModelType) ?? version.ModelType];

    /// <summary><c>com.example.stable.v1.CronTab</c> for the group <c>stable.example.com</c>.</summary>
    private static string CustomName(ServedVersion version, string kind) => $"{string.Join('.', version.Group.Split('.').Reverse())}.{version.Version}.{kind}";

    private static string PackageOf(string group) =>
        OtherPackages.GetValueOrDefault(group) ?? $"io.k8s.api.{(group.Length == 0 ? "core" : group.Split('.')[0])}";

    private static string NameOf(Type type, string prefix)
    {
        if (type == typeof(ResourceQuantity))
            return "io.k8s.apimachinery.pkg.api.resource.Quantity";
        if (type == typeof(IntOrString))
            return "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
        return (MetaTypes.Contains(type) ? MetaPrefix : prefix) + VersionPrefix.Replace(type.Name, "");
    }

    [GeneratedRegex("^(V|[A-Z][a-z]+v)[0-9]+((alpha|beta)[0-9]+)?(?=[A-Z])")]
    private static partial Regex VersionPrefix { get; }
}
