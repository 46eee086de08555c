using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Projects;

public sealed class RingTests
{
    private static IEnumerable<ProjectFile> Sources => ProjectFile.All.Where(project => project.Path.StartsWith("src/", StringComparison.Ordinal));

    [Fact]
    public void Tree_ProjectReferences_PointInwards() => Finding.ShouldBeNone(
        from ring in Ring.All
        from project in Sources
        where project.Name == Ring.Prefix + ring.Project
        from finding in ring.Find(project)
        select finding);

    [Fact]
    public void Tree_Sources_AreTheProjectsOfTheDesign() =>
        Sources.Select(project => project.Name).ShouldBe(Ring.All.Select(ring => Ring.Prefix + ring.Project), ignoreOrder: true);

    [Fact]
    public void Tree_Projects_AreInTheSolution()
    {
        var solution = SourceTree.Repository.Files.Single(file => file.Path == "OrleansOrchestrator.sln").Text;

        ProjectFile.All.ShouldAllBe(project => solution.Contains(project.Name + ".csproj", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""<ProjectReference Include="../OrleansOrchestrator.Gateway/OrleansOrchestrator.Gateway.csproj" />""")]
    [InlineData("""<PackageReference Include="Microsoft.Orleans.Sdk" />""")]
    [InlineData("""<FrameworkReference Include="Microsoft.AspNetCore.App" />""")]
    public void Find_ModelThatLooksOutwards_IsFound(string item) =>
        Ring.All[0].Find(Project($"<Project><ItemGroup>{item}</ItemGroup></Project>")).Count().ShouldBe(1);

    [Fact]
    public void Find_ModelOnWebSdk_IsFound() =>
        Ring.All[0].Find(Project("""<Project Sdk="Microsoft.NET.Sdk.Web" />""")).Count().ShouldBe(1);

    private static ProjectFile Project(string text) => ProjectFile.Parse(new SourceFile("src/A.csproj", text));
}
