using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.TypeSystem;

namespace OrleansOrchestrator.ControlPlane.Grains;

/// <summary>
/// The names under which types of inner rings cross silos. An inner ring knows nothing of Orleans, so that its types have no aliases and
/// travel by their full names: one that moves keeps here the name by which silos of the version before know it.
/// </summary>
internal sealed class WireTypeNames(TypeResolver resolver) : ITypeConverter
{
    private static readonly (string Name, string WireName)[] Moved =
    [
        ("OrleansOrchestrator.Model.Resources.StoredObject", "OrleansOrchestrator.Model.Codec.StoredObject"),
    ];

    /// <summary>Adds the names to a silo.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<ITypeConverter, WireTypeNames>();
        services.Configure<TypeManifestOptions>(options => options.AllowedTypes.UnionWith(Moved.Select(type => type.WireName)));
    }

    public bool TryFormat(Type type, out string formatted)
    {
        var name = RuntimeTypeNameFormatter.Format(type);
        formatted = Moved.Aggregate(name, (text, moved) => text.Replace(moved.Name, moved.WireName, StringComparison.Ordinal));
        return formatted != name;
    }

    public bool TryParse(string formatted, out Type type)
    {
        type = null!;
        var name = Moved.Aggregate(formatted, (text, moved) => text.Replace(moved.WireName, moved.Name, StringComparison.Ordinal));
        return name != formatted && resolver.TryResolveType(name, out type);
    }
}
