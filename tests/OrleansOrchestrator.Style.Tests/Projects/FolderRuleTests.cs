using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Projects;

public sealed class FolderRuleTests
{
    public static TheoryData<string> Projects => [.. Ring.All.Select(ring => ring.Project)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_ItsFolders_FormNoCircle(string project) =>
        Finding.ShouldBeNone(FolderRule.Find($"src/{Ring.Prefix}{project}", SourceTree.Repository.CSharp()));

    [Theory]
    [InlineData("using Acme.Model.Names;", "using System;", 0)]
    [InlineData("using Acme.Model.Names;", "using Acme.Model.Kinds;", 2)]
    [InlineData("using Acme.Model.Names.Ascii;", "using Acme.Model.Kinds.Pods;", 2)]
    [InlineData("using Acme.Other.Names;", "using Acme.Model.Kinds;", 0)]
    [InlineData("using Acme.Model.Kinds;", "using Acme.Model.Kinds;", 0)]
    public void Find_TwoFolders_FindsTheCircle(string kinds, string names, int count) =>
        FolderRule.Find("src/Acme.Model", [new SourceFile("src/Acme.Model/Kinds/A.cs", kinds), new SourceFile("src/Acme.Model/Names/B.cs", names)])
            .Count.ShouldBe(count);

    [Fact]
    public void Find_ThreeFolders_FindsTheCircle() =>
        FolderRule.Find(
            "src/Acme.Model",
            [
                new SourceFile("src/Acme.Model/A/A.cs", "using Acme.Model.B;"),
                new SourceFile("src/Acme.Model/B/B.cs", "using Acme.Model.C;"),
                new SourceFile("src/Acme.Model/C/C.cs", "using Acme.Model.A;"),
                new SourceFile("src/Acme.Model/D/D.cs", "using Acme.Model.A;"),
            ]).Count.ShouldBe(3);
}
