using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Projects;

/// <summary>Every package has its version in one place, and is used.</summary>
internal static partial class PackageRule
{
    public const string CentralFile = "Directory.Packages.props";

    /// <param name="files">All files of the tree.</param>
    public static IEnumerable<Finding> Find(IReadOnlyList<SourceFile> files)
    {
        var central = XDocument.Parse(files.Single(file => file.Path == CentralFile).Text);
        var pinned = central.Descendants("PackageVersion").Select(item => (string)item.Attribute("Include")!).ToList();
        var used = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal) || file.Path.EndsWith("Directory.Build.props", StringComparison.Ordinal)))
        {
            foreach (Match reference in Reference().Matches(file.Text))
            {
                var id = reference.Groups["id"].Value;
                used.Add(id);
                if (reference.Value.Contains("Version=", StringComparison.Ordinal))
                    yield return new Finding(file.At(reference.Index), $"version of {id} belongs in {CentralFile}");
                if (!pinned.Contains(id, StringComparer.OrdinalIgnoreCase))
                    yield return new Finding(file.At(reference.Index), $"{id} has no version in {CentralFile}");
            }
        }

        foreach (var id in pinned.Where(id => !used.Contains(id)))
            yield return new Finding(CentralFile, $"{id} is not used");
        foreach (var id in pinned.GroupBy(id => id, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            yield return new Finding(CentralFile, $"{id.Key} is there twice");
    }

    [GeneratedRegex("""<PackageReference\s+Include="(?<id>[^"]+)"[^>]*>""")]
    private static partial Regex Reference();
}
