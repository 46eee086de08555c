using System.Xml.Linq;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Projects;

/// <summary>What a project refers to.</summary>
/// <param name="Path">The project file.</param>
/// <param name="Projects">Names of the projects it refers to.</param>
/// <param name="Packages">Ids of its packages and shared frameworks.</param>
internal sealed record ProjectFile(string Path, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public static IReadOnlyList<ProjectFile> All { get; } =
        [.. SourceTree.Repository.Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal)).Select(Parse)];

    public static ProjectFile Parse(SourceFile file)
    {
        var root = XDocument.Parse(file.Text).Root!;
        var projects = Includes(root, "ProjectReference").Select(path => System.IO.Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));
        var packages = Includes(root, "PackageReference").Concat(Includes(root, "FrameworkReference")).ToList();
        if ((string?)root.Attribute("Sdk") == "Microsoft.NET.Sdk.Web")
            packages.Add("Microsoft.AspNetCore.App");
        return new ProjectFile(file.Path, [.. projects], packages);
    }

    private static IEnumerable<string> Includes(XElement root, string item) =>
        root.Descendants(item).Select(element => (string?)element.Attribute("Include")).OfType<string>();
}
