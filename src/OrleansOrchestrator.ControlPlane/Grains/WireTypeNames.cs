using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.TypeSystem;

namespace OrleansOrchestrator.ControlPlane.Grains;

/// <summary>
/// The names of types of inner projects in messages between silos. Inner projects do not know Orleans, so that their types have no
/// aliases and use their full names. A type that moves keeps its old name here, by which silos of the previous version know it.
/// </summary>
internal sealed class WireTypeNames(TypeResolver resolver) : ITypeConverter
{
    private static readonly (string Name, string WireName)[] Moved =
    [
        ("OrleansOrchestrator.Model.Resources.StoredObject", "OrleansOrchestrator.Model.Codec.StoredObject"),
    ];

    /// <summary>Registers the names in a silo.</summary>
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
