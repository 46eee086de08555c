using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

public sealed class ForbiddenCodeTests
{
    public static TheoryData<string> Names => [.. ForbiddenCode.All.Select(pattern => pattern.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Tree_SearchedForPattern_HasNone(string name) =>
        Finding.ShouldBeNone(SourceTree.Repository.CSharp().SelectMany(Pattern(name).Find));

    [Theory]
    [MemberData(nameof(Names))]
    public void Pattern_BadLine_IsFound(string name)
    {
        var pattern = Pattern(name);

        pattern.Find(Sample(pattern.Bad)).ShouldHaveSingleItem().Place.ShouldBe("src/OrleansOrchestrator.Model/Sample.cs:2");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pattern_GoodLine_IsNotFound(string name)
    {
        var pattern = Pattern(name);

        pattern.Find(Sample(pattern.Good)).ShouldBeEmpty();
    }

    private static CodePattern Pattern(string name) => ForbiddenCode.All.Single(pattern => pattern.Name == name);

    private static SourceFile Sample(string line) => new("src/OrleansOrchestrator.Model/Sample.cs", $"namespace A;\n{line}\n");
}
