using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Projects;

public sealed class PackageRuleTests
{
    [Fact]
    public void Tree_Packages_ArePinnedAndUsed() => Finding.ShouldBeNone(PackageRule.Find(SourceTree.Repository.Files));

    [Theory]
    [InlineData("""<PackageReference Include="A" />""", 0)]
    [InlineData("""<PackageReference Include="A" Version="1.0.0" />""", 1)]
    [InlineData("""<PackageReference Include="A" /><PackageReference Include="B" />""", 1)]
    [InlineData("", 1)]
    public void Find_References_FindsUnpinnedAndUnused(string items, int count)
    {
        var central = new SourceFile(PackageRule.CentralFile, """<Project><PackageVersion Include="A" Version="1.0.0" /></Project>""");

        PackageRule.Find([central, new SourceFile("src/A.csproj", $"<Project>{items}</Project>")]).Count().ShouldBe(count);
    }
}
