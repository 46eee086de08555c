using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Projects;

/// <summary>What a project under src/ may refer to: a ring knows only the rings inside it.</summary>
/// <param name="Project">The project, without the common prefix.</param>
/// <param name="MayKnow">Projects it may refer to, without the common prefix.</param>
/// <param name="MustNotUse">Beginnings of the ids of packages and frameworks that it must not refer to.</param>
internal sealed record Ring(string Project, string[] MayKnow, string[] MustNotUse)
{
    public const string Prefix = "OrleansOrchestrator.";

    private static readonly string[] Pure =
        ["Microsoft.Orleans", "Microsoft.AspNetCore.App", "Npgsql", "Microsoft.Data.Sqlite", "dbup", "Docker", "Microsoft.Extensions.Hosting"];

    /// <summary>Every project under src/.</summary>
    public static IReadOnlyList<Ring> All { get; } =
    [
        new("Model", ["Loops"], Pure),
        new("Documents", ["Model"], Pure),
        new("Kinds", ["Model", "Documents"], Pure),
        new("Loops", [], Pure),
        new("Scheduling", ["Loops", "Model", "Kinds"], Pure),
        new("Controllers", ["Loops", "Model", "Kinds"], Pure),
        new("Storage", [], ["Microsoft.Orleans", "Microsoft.AspNetCore", "Docker", "KubernetesClient"]),
        new("ControlPlane", ["Loops", "Model", "Documents", "Kinds", "Scheduling", "Controllers", "Storage"], ["Microsoft.AspNetCore", "Npgsql", "Microsoft.Data.Sqlite", "dbup", "Docker"]),
        new("Gateway", ["Loops", "Model", "Documents", "Kinds", "ControlPlane"], ["Npgsql", "Microsoft.Data.Sqlite", "dbup", "Docker"]),
        new("Node", ["Loops", "Model", "Documents", "Kinds"], ["Microsoft.Orleans", "Npgsql", "Microsoft.Data.Sqlite", "dbup"]),
        new("Cli", ["Loops", "Model", "Documents", "Kinds", "Scheduling", "Controllers", "Storage", "ControlPlane", "Gateway", "Node"], []),
    ];

    public IEnumerable<Finding> Find(ProjectFile project)
    {
        foreach (var name in project.Projects.Where(name => !MayKnow.Contains(name[Prefix.Length..], StringComparer.Ordinal)))
            yield return new Finding(project.Path, $"must not know {name}");

        foreach (var package in project.Packages.Where(id => MustNotUse.Any(start => id.StartsWith(start, StringComparison.OrdinalIgnoreCase))))
            yield return new Finding(project.Path, $"must not use {package}");
    }
}
