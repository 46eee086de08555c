using System.Reflection;
using DbUp.Engine;

namespace OrleansOrchestrator.Storage.Schema;

/// <summary>The scripts of sql/, embedded in this assembly, in the order of their names.</summary>
internal static class MigrationScripts
{
    private static readonly Assembly Source = typeof(MigrationScripts).Assembly;

    public static IReadOnlyList<SqlScript> For(string dialect) =>
    [
        .. Source.GetManifestResourceNames()
            .Where(name => name.StartsWith(dialect + "/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => SqlScript.FromStream(name, Source.GetManifestResourceStream(name)!)),
    ];
}
