using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

public sealed class AliasRuleTests
{
    [Fact]
    public void Tree_TypesThatCrossSilos_HaveAnAlias() => Finding.ShouldBeNone(SourceTree.Repository.CSharp("src/").SelectMany(AliasRule.Find));

    [Theory]
    [InlineData("[GenerateSerializer] public sealed record A(int B);", 1)]
    [InlineData("[GenerateSerializer, Immutable]\ninternal readonly record struct A(int B);", 1)]
    [InlineData("[GenerateSerializer, Alias(\"a\")] public sealed record A(int B);", 0)]
    [InlineData("[GenerateSerializer]\n[Alias(\"a\")]\npublic enum A { B }", 0)]
    [InlineData("[Alias(\"a\")]\n[GenerateSerializer]\npublic enum A { B }", 0)]
    [InlineData("public interface IA : IGrainWithStringKey { }", 1)]
    [InlineData("[Alias(\"a\")] public interface IA : IGrainWithStringKey { }", 0)]
    [InlineData("public interface IA : IDisposable { }", 0)]
    public void Find_Types_FindsThoseWithoutAlias(string code, int count) =>
        AliasRule.Find(new SourceFile("A.cs", code)).Count().ShouldBe(count);
}
